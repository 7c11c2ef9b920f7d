"""The page of units: colours that follow the choice, by mouse and by keys."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from charrnn import api
from charrnn.draw.colours import BLUE_TO_RED, palette
from charrnn.draw.page import save_page
from charrnn.studies.units import page as pages
from charrnn.studies.units.page import units_page
from tests.saved import save
from tests.waiting import soon

CHARS = 1500


@pytest.fixture(scope="module")
def watched(tmp_path_factory) -> api.Watched:
    """A network that nobody has trained, and 100,000 characters."""
    folder = tmp_path_factory.mktemp("units")
    rng = np.random.default_rng(1)
    words = ["".join(rng.choice(list("abcd"), 3 + k % 5)) for k in range(19_000)]
    text = "".join(word + ("\n" if k % 9 == 8 else "d") for k, word in enumerate(words))
    (folder / "text.txt").write_text(text[:100_000], encoding="utf-8", newline="\n")
    trained = api.load(save(folder / "run.npz", "model.hidden_size=6", "model.num_layers=2"))
    trained.params.flat[...] = rng.normal(size=trained.params.flat.shape)
    return api.watch(trained, [str(folder / "text.txt")])


@pytest.fixture(scope="module")
def survey(watched: api.Watched) -> api.UnitSurvey:
    return api.survey_units(watched, find=True)


@pytest.fixture
def opened(visit, watched: api.Watched, survey: api.UnitSurvey, tmp_path: Path):
    """The page of the first characters, at unit 3 of layer 1."""
    first = api.UnitName(1, 3)
    save_page(tmp_path / "units.html", units_page(watched, survey, chars=CHARS, first=first))
    return visit(tmp_path / "units.html")


def colours_of(browser, n: int = 30) -> list[str]:
    """What the browser paints behind the first characters, as #rrggbb."""
    found = browser.execute_script(
        "return [...document.querySelectorAll('#text span span')].slice(0, arguments[0])"
        ".map((one) => getComputedStyle(one).backgroundColor)",
        n,
    )
    return ["#{:02x}{:02x}{:02x}".format(*map(int, re.findall(r"\d+", one)[:3])) for one in found]


def expected(watched: api.Watched, name: api.UnitName, n: int = 30) -> list[set[str]]:
    """The colours that the values ask for, and their neighbours: a value is kept in a byte."""
    one = api.watch_unit(watched.first(CHARS), name)
    low, high = one.ends
    ramp = ["#{:02x}{:02x}{:02x}".format(*colour) for colour in palette(BLUE_TO_RED)]
    places = np.rint((one.values[:n] - low) / (high - low) * 32).astype(int)
    return [set(ramp[max(k - 1, 0) : k + 2]) for k in places.tolist()]


def shows(browser, watched: api.Watched, layer: int, unit: int, what: str) -> bool:
    """Whether the text is in the colours of a unit, and the page says so."""
    name = api.UnitName(layer, unit, what)
    said = browser.find_element("id", "said").text
    painted = zip(colours_of(browser), expected(watched, name), strict=True)
    return said.startswith(f"Layer {layer}, unit {unit}, {what}") and all(
        colour in near for colour, near in painted
    )


def select(browser, name: str, value: str) -> None:
    from selenium.webdriver.support.select import Select

    Select(browser.find_element("id", name)).select_by_value(value)


def test_the_text_has_the_colours_of_the_chosen_unit(opened, watched: api.Watched) -> None:
    assert shows(opened, watched, 1, 3, "h")
    before = colours_of(opened)
    select(opened, "unit", "0")
    assert shows(opened, watched, 1, 0, "h")
    assert colours_of(opened) != before
    select(opened, "what", "f")
    assert shows(opened, watched, 1, 0, "f")
    assert [opened.find_element("id", name).text for name in ("low", "high")] == ["0.000", "1.000"]
    select(opened, "layer", "0")
    assert shows(opened, watched, 0, 0, "f")
    text = opened.execute_script("return document.getElementById('text').textContent")
    assert text == watched.text[:CHARS].replace("\n", "↵\n")


def test_what_is_pointed_at_is_told(opened, watched: api.Watched) -> None:
    from selenium.webdriver import ActionChains, Keys

    one = api.watch_unit(watched, api.UnitName(1, 3))
    tip = opened.find_element("css selector", ".tip")
    ActionChains(opened).move_to_element(
        opened.find_elements("css selector", "#text span span")[4]
    ).perform()
    place, told = re.match(r"character (\d+): h = (.*)", tip.text).groups()
    assert place == "5"
    assert float(told.replace("−", "-")) == pytest.approx(float(one.values[4]), abs=0.01)
    opened.find_element("id", "text").send_keys(Keys.ARROW_RIGHT)
    assert tip.text.startswith("character 6: h = ")


def test_a_row_of_what_was_found_chooses_its_unit(
    opened, watched: api.Watched, survey: api.UnitSurvey
) -> None:
    from selenium.webdriver import Keys

    buttons = opened.find_elements("css selector", ".found tbody button")
    assert [button.text for button in buttons] == [one.signal for one in survey.found]
    for button, one in zip(buttons, survey.found, strict=True):
        button.send_keys(Keys.ENTER)
        assert shows(opened, watched, *one.unit)
        assert button.get_attribute("aria-pressed") == "true"
        assert f"{abs(one.held_out):.3f}" in opened.find_element("id", "said").text


def test_peaks_lead_into_the_text(opened, watched: api.Watched) -> None:
    one = api.watch_unit(watched.first(CHARS), api.UnitName(1, 3))
    for name, contexts in (("highest", one.highest(6)), ("lowest", one.lowest(6))):
        buttons = opened.find_elements("css selector", f"#{name} button")
        places = [
            int(re.search(r"character (\d+)", button.get_attribute("aria-label"))[1]) - 1
            for button in buttons
        ]
        assert places == [context.place for context in contexts]
        buttons[0].click()
        here = opened.execute_script("return document.querySelector('.here').index")
        assert here == contexts[0].place


def test_dots_and_the_table_choose_units(opened, watched: api.Watched) -> None:
    from selenium.webdriver import Keys

    figures = opened.find_elements("css selector", "#plots figure")
    assert [one.text.split(",")[0] for one in figures] == list("hifog")  # c has no ends
    dots = figures[3].find_elements("css selector", "circle")
    assert len(dots) == 6
    opened.execute_script("arguments[0].dispatchEvent(new MouseEvent('click'))", dots[2])
    assert shows(opened, watched, 1, 2, "o")
    chosen = opened.find_elements("css selector", "#plots .chosen")
    assert len(chosen) == 1
    opened.find_element("css selector", "#all summary").send_keys(Keys.ENTER)
    assert soon(lambda: len(opened.find_elements("css selector", "#rows tr")) == 6)
    rows = opened.find_elements("css selector", "#rows tr")
    rows[5].find_element("css selector", "button").send_keys(Keys.ENTER)
    assert shows(opened, watched, 1, 5, "o")


def test_it_is_accessible(opened, complaints_of_axe) -> None:
    assert complaints_of_axe() == []
    opened.execute_script("document.getElementById('all').open = true")
    select(opened, "what", "c")
    assert complaints_of_axe() == []


def test_a_long_text_opens_within_a_second(
    visit, watched: api.Watched, survey: api.UnitSurvey, tmp_path: Path
) -> None:
    content = units_page(watched, survey, chars=100_000, first=None)
    save_page(tmp_path / "long.html", content)
    browser = visit(tmp_path / "long.html")
    shown = "const t = performance.getEntriesByType('navigation')[0]; return t.loadEventEnd"
    assert 0 < browser.execute_script(shown) < 1000
    assert len(content) > 9_000_000
    assert max(abs(one.held_out) for one in survey.found) == next(
        abs(one.held_out) for one in survey.found if one.unit == survey.surest
    )
    layer, unit, what = survey.surest
    said = browser.find_element("id", "said").text
    assert said.startswith(f"Layer {layer}, unit {unit}, {what} fits: ")


def test_a_layer_alone(visit, watched: api.Watched, tmp_path: Path) -> None:
    survey = api.survey_units(watched, layers=[1])
    content = units_page(watched, survey, chars=CHARS, first=None)
    save_page(tmp_path / "one.html", content)
    browser = visit(tmp_path / "one.html")
    assert browser.find_element("id", "layer").text.split() == ["1"]
    assert shows(browser, watched, *survey.liveliest()[0])
    assert browser.find_elements("css selector", ".found") == []


def test_where_there_is_no_room_the_units_that_matter_are_kept(
    visit, watched: api.Watched, survey: api.UnitSurvey, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(pages, "BUDGET", 7 * 6 * CHARS)
    content = units_page(watched, survey, chars=CHARS, first=None)
    data = json.loads(re.search(r'id="data">(.*?)</script>', content)[1])
    kept = {(one["layer"], one["unit"]) for one in data["kept"]}
    assert len(kept) == 7
    assert {(one.unit.layer, one.unit.unit) for one in survey.found} <= kept
    save_page(tmp_path / "few.html", content)
    browser = visit(tmp_path / "few.html")
    assert "This page holds 7 of 12 units" in browser.find_element("css selector", "p").text
    absent = browser.find_elements("css selector", "#plots figure:first-child circle.absent")
    layer = int(browser.find_element("id", "layer").get_attribute("value"))
    assert len(absent) == 6 - sum(1 for k, _ in kept if k == layer)
    assert f"the first {CHARS:,} of 100,000 characters" in content
