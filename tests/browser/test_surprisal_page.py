"""The pages of surprisal, in a browser: what they tell, by mouse and by keys, and how fast."""

import re
from pathlib import Path

import numpy as np
import pytest

from charrnn.draw.page import save_page
from charrnn.studies.surprisal.difference import compared
from charrnn.studies.surprisal.page import surprisal_page
from charrnn.studies.surprisal.page_difference import difference_page
from tests import expectations
from tests.waiting import soon

WILD = "The <b>fox</b> &amp; the goat\x1b[31m\nran\t\u202eoff, naïve</script>😀.\n\nEnd!\n" * 9
LONG = ("It was a fine day, and the goat said nothing of it to the fox.\n" * 1600)[:100_000]


@pytest.fixture
def one(tmp_path: Path):
    """A page of one model, and what is on it."""
    found = expectations.surprisal([ord(c) for c in WILD])
    save_page(tmp_path / "one.html", surprisal_page(found, chars=400, lines=5))
    return tmp_path / "one.html", found


@pytest.fixture
def two(tmp_path: Path):
    """A page of two models, and how they differ."""
    symbols = [ord(c) for c in WILD]
    a, b = (expectations.surprisal(symbols, seed=seed) for seed in (1, 2))
    a.ids[3] = a.vocabulary.unk
    found = compared(a, b)
    save_page(tmp_path / "two.html", difference_page(found, chars=10_000, lines=3))
    return tmp_path / "two.html", found


def span(browser, i: int):
    return browser.find_elements("css selector", "#text > span > span")[i]


def backgrounds(browser, count: int) -> list[tuple[int, ...]]:
    """The colours of the first characters: red, green, blue; 0 for what is transparent."""
    colours = browser.execute_script(
        "return [...document.querySelectorAll('#text > span > span')].slice(0, arguments[0])"
        ".map((span) => getComputedStyle(span).backgroundColor)",
        count,
    )
    return [tuple(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours]


def tip_of(browser) -> str:
    return browser.find_element("css selector", ".tip").text


def test_the_tip_tells_the_guesses(visit, one) -> None:
    from selenium.webdriver import ActionChains, Keys

    path, found = one
    browser = visit(path)
    for k in (0, 7, 30):  # predicted characters; the first of the text is none
        ActionChains(browser).move_to_element(span(browser, k + 1)).perform()
        lines = tip_of(browser).splitlines()
        names = found.vocabulary.names()
        assert lines[0] == names[found.ids[k]]
        bits, rank = found.bits[k], found.ranks[k]
        assert lines[1] == f"{bits:.2f} bits, guess {rank} of {len(names)}"
        for line, guess, chance in zip(lines[3:], found.guesses[k], found.chances[k], strict=False):
            name, percent = re.fullmatch(r"(.+?) ([\d.]+) %", line).groups()
            assert name == names[guess].strip() or name == names[guess]
            assert float(percent) == pytest.approx(100 * chance, abs=0.51)
        came = browser.find_elements("css selector", ".tip .came")
        assert len(came) == 1
        assert float(came[0].text.split()[-2].replace("<", "0")) == pytest.approx(
            100 * 2**-bits, abs=0.51
        )
    root = browser.find_element("id", "text")
    root.send_keys(Keys.HOME)
    assert tip_of(browser) == "'T' is given, not predicted"
    root.send_keys(Keys.ARROW_DOWN)
    assert tip_of(browser).startswith("'r'")  # the line below begins with it
    root.send_keys(Keys.ESCAPE)
    assert not browser.find_element("css selector", ".tip").is_displayed()


def test_the_select_changes_the_colours(visit, one) -> None:
    from selenium.webdriver.support.ui import Select

    path, found = one
    browser = visit(path)
    choice = Select(browser.find_element("id", "view"))
    seen = {}
    for name in [option.text for option in choice.options]:
        choice.select_by_visible_text(name)
        given, *seen[name] = backgrounds(browser, 60)
        assert given == (0, 0, 0)
        legend = browser.find_element("id", "ramp").value_of_css_property("background-image")
        assert legend.startswith("linear-gradient(to right, rgb(255, 255, 255)")
    surprisal, rank, _ = seen.values()
    assert len({tuple(colours) for colours in seen.values()}) == 3
    blue = np.array([colour[2] for colour in surprisal])  # what falls along the ramp
    assert np.corrcoef(blue, np.minimum(found.bits[:59], 8))[0, 1] < -0.9
    firsts = found.ranks[:59] == 1
    assert [colour == (255, 255, 255) for colour in rank] == firsts.tolist()


def test_two_models_are_told_beside_each_other(visit, two) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.support.ui import Select

    path, found = two
    browser = visit(path)
    before = backgrounds(browser, 41)
    for k, (red, _, blue) in enumerate(before[1:]):
        if k == 3:
            assert (red, blue) == (0, 0)  # not known to both
        elif found.bits[k] < -0.1:
            assert blue > red
        elif found.bits[k] > 0.1:
            assert red > blue
    ActionChains(browser).move_to_element(span(browser, 6)).perform()
    assert f"A: {found.a.bits[5]:.2f} bits" in tip_of(browser)
    assert f"B: {found.b.bits[5]:.2f} bits" in tip_of(browser)
    ActionChains(browser).move_to_element(span(browser, 4)).perform()
    assert "not known to both" in tip_of(browser)
    Select(browser.find_element("id", "view")).select_by_visible_text("surprisal of B")
    assert backgrounds(browser, 41) != before


def test_a_line_of_the_ranking_leads_to_its_place(visit, one) -> None:
    from selenium.webdriver import Keys

    path, found = one
    browser = visit(path)
    shown = [line for line in found.lines(5) if line.start < 400]
    buttons = browser.find_elements("css selector", "tr[data-place] button")
    assert [button.text for button in buttons] == [str(line.number) for line in shown]
    for line, button in zip(shown, buttons, strict=True):
        button.send_keys(Keys.ENTER)
        here = browser.find_element("css selector", "#text .here")
        assert browser.execute_script("return arguments[0].index", here) == line.start + 1
        assert browser.switch_to.active_element.get_attribute("id") == "text"
        assert browser.find_element("css selector", ".tip").is_displayed()


def test_the_symbols_are_sorted_by_any_column(visit, one) -> None:
    path, found = one
    browser = visit(path)
    table = browser.find_element("css selector", "table.sortable")

    def column(k: int) -> list[str]:
        return [cell.text for cell in table.find_elements("css selector", f"td:nth-child({k})")]

    def sorted_by() -> dict[str, str]:
        heads = table.find_elements("css selector", "th[aria-sort]")
        return {head.text: head.get_attribute("aria-sort") for head in heads}

    assert sorted_by() == {"share of the loss": "descending"}
    assert column(1) == [one.name for one in found.symbols()]
    count = table.find_elements("css selector", "th button")[1]
    for direction in ("descending", "ascending"):
        count.click()
        assert sorted_by() == {"count": direction}
        counts = [int(text.replace(",", "")) for text in column(2)]
        assert counts == sorted(counts, reverse=direction == "descending")


@pytest.mark.parametrize("which", ["one", "two"])
def test_it_is_accessible(visit, request, which: str, complaints_of_axe) -> None:
    from selenium.webdriver import Keys

    browser = visit(request.getfixturevalue(which)[0])
    assert complaints_of_axe() == []
    browser.find_element("id", "text").send_keys(Keys.END)  # with its tip
    assert complaints_of_axe() == []


def test_a_long_text_opens_within_a_second(visit, tmp_path: Path) -> None:
    """100 KB; the best of three, as the machine may be busy with other things."""
    symbols = [ord(c) for c in LONG]
    found = compared(*(expectations.surprisal(symbols, seed=seed) for seed in (1, 2)))
    save_page(tmp_path / "one.html", surprisal_page(found.a, chars=200_000, lines=10))
    save_page(tmp_path / "two.html", difference_page(found, chars=200_000, lines=10))
    assert (tmp_path / "one.html").stat().st_size < 30 * len(LONG)
    took = "return performance.getEntriesByType('navigation')[0].loadEventEnd"
    for name in ("one.html", "two.html"):
        seconds = []
        for _ in range(3):
            browser = visit(tmp_path / name)
            assert soon(lambda b=browser: b.execute_script(took) > 0)
            seconds.append(browser.execute_script(took) / 1000)
        assert 0 < min(seconds) < 1, seconds
        text = browser.execute_script("return document.getElementById('text').textContent")
        assert text.replace("↵", "") == LONG
