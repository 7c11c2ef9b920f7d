"""Pictures of the READMEs: pages of the quickstart, photographed in a browser. Needs chromium."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transcripts import ROOT, run

FOLDER = ROOT / ".pictures"
SIZES = {"report": (1250, 1300), "units": (1000, 950), "surprisal": (820, 860)}  # of the window
PAGES = {
    "report": "charrnn report runs/quickstart --quiet --out report.html",
    "units": "charrnn units runs/quickstart data/fables.txt --find --html units.html",
    "surprisal": "charrnn score runs/quickstart data/fables.txt --html surprisal.html",
}


def take(folder: Path) -> None:
    """Photograph the pages of `runs/quickstart` in `folder`. Does nothing without a browser."""
    if not shutil.which("chromedriver"):
        print("no chromedriver: the pictures stay as they are")
        return
    for command in PAGES.values():
        run(command, folder)
    with _browser() as browser:
        for name in PAGES:
            browser.set_window_size(*SIZES[name])
            browser.get((folder / f"{name}.html").as_uri())
            PREPARE.get(name, lambda browser: None)(browser)
            browser.save_screenshot(str(FOLDER / f"{name}.png"))


def _choose_unit(browser: Any) -> None:
    """Colour the text by the unit that counts the letters of a word."""
    for button in browser.find_elements("css selector", ".found tbody button"):
        if button.text == "position in word":
            button.click()
    browser.execute_script("window.scrollTo(0, 0)")


def _point_at_a_character(browser: Any) -> None:
    """Show the guesses at the o of "At three o'clock"."""
    from selenium.webdriver import ActionChains

    text = browser.execute_script("return document.getElementById('text').textContent")
    index = text.replace("↵\n", "↵").index("At three o'clock") + len("At three ")
    character = browser.find_elements("css selector", "#text > span > span")[index]
    ActionChains(browser).move_to_element(character).perform()


PREPARE: dict[str, Callable[[Any], None]] = {
    "units": _choose_unit,
    "surprisal": _point_at_a_character,
}


@contextmanager
def _browser() -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
    ):
        options.add_argument(argument)
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    browser = webdriver.Chrome(options, service)
    yield browser
    browser.quit()
