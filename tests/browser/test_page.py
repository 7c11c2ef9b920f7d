"""The frame of all pages, and the text in colours that several have."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.draw.colours import BLUE_TO_RED, WHITE_TO_ORANGE, Colour, palette
from charrnn.draw.page import embedded, page, save_page

SCRIPT = """
colouredText(
  document.getElementById("text"), PAGE_DATA.symbols,
  (i) => PAGE_DATA.colours[i % 2], (i) => make("span", {}, `character ${i}`),
);
"""


@pytest.fixture
def text_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A text of 100,000 characters, among them what HTML would like to read."""
    symbols = list("<b>&amp;</script>\nhello " * 4200)[:100_000]
    content = page(
        "A <title> & more",
        '<div class="text scroll" id="text" aria-label="the text"></div>',
        data={"symbols": symbols, "colours": ["#ffffff", "#fdae6b"]},
        scripts=["draw/text.js"],
    )
    path = tmp_path / "page.html"
    save_page(path, content.replace("</script>\n</body>", SCRIPT + "</script>\n</body>"))
    return path


def test_a_long_text_opens_within_a_second(visit, text_page: Path) -> None:
    browser = visit(text_page)
    shown = "const t = performance.getEntriesByType('navigation')[0]; return t.loadEventEnd"
    assert 0 < browser.execute_script(shown) < 1000
    assert browser.title == "A <title> & more"
    text = browser.execute_script("return document.getElementById('text').textContent")
    assert text.startswith("<b>&amp;</script>\nhello <b>")
    assert len(text) == 100_000


def test_what_is_pointed_at_by_mouse_or_keys_is_told(visit, text_page: Path) -> None:
    from selenium.webdriver import ActionChains, Keys

    browser = visit(text_page)
    root = browser.find_element("id", "text")
    tip = browser.find_element("css selector", ".tip")
    assert not tip.is_displayed()
    third = browser.find_elements("css selector", "#text span span")[3]
    ActionChains(browser).move_to_element(third).perform()
    assert tip.text == "character 3"
    root.send_keys(Keys.ARROW_RIGHT)
    assert tip.text == "character 4"
    root.send_keys(Keys.ARROW_DOWN)
    assert tip.text == "character 22"
    root.send_keys(Keys.ARROW_UP)
    assert tip.text == "character 4"
    root.send_keys(Keys.END)
    assert tip.text == "character 99999"
    root.send_keys(Keys.ESCAPE)
    assert not tip.is_displayed()


def test_it_is_accessible(visit, text_page: Path, complaints_of_axe) -> None:
    visit(text_page)
    assert complaints_of_axe() == []


def contrast_with_black(colour: Colour) -> float:
    """1 to 21, from the relative luminance of the colour (WCAG 2.1)."""
    red, green, blue = (
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
        for c in (part / 255 for part in colour)
    )
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) / 0.05


def test_black_is_read_on_every_colour() -> None:
    assert contrast_with_black((255, 255, 255)) == pytest.approx(21)
    for ramp in (BLUE_TO_RED, WHITE_TO_ORANGE):
        assert min(contrast_with_black(colour) for colour in palette(ramp)) > 4.5


@given(st.recursive(st.text() | st.integers() | st.none(), st.lists))
def test_no_text_ends_the_data_of_a_page(data: object) -> None:
    plain = embedded(data)
    assert json.loads(plain) == data
    assert not set("<>&") & set(plain)
