"""The page of a run, in a browser."""

import os
from pathlib import Path

import pytest

from charrnn import api
from charrnn.draw.page import save_page
from charrnn.studies.report.page import report_page
from tests.waiting import soon

CONFIG = """\
data: {path: text.txt}
model: {cell: lstm, hidden_size: 16}
train: {max_epochs: null, max_steps: 30, eval_every: 10, batch_size: 8, seq_length: 16}
output: {dir: run, sample_every: 10}
"""
TEXT = 'the cat "sat" on the mat (so it did) & <b>the dog</b> sat on the log.\n' * 60


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a small run, made once."""
    folder = tmp_path_factory.mktemp("report")
    before = Path.cwd()
    os.chdir(folder)
    try:
        Path("text.txt").write_text(TEXT)
        Path("config.yaml").write_text(CONFIG)
        list(api.train(api.load_config("config.yaml")))
        save_page("report.html", report_page(api.report_of("run")))
    finally:
        os.chdir(before)
    return folder / "report.html"


def test_every_part_is_there(visit, report: Path) -> None:
    browser = visit(report)
    heads = [head.text for head in browser.find_elements("css selector", "h2")]
    assert heads == [
        "How good it is",
        "The text",
        "How it went",
        "What it finds hard",
        "What its units know",
        "How far its gradients travel",
        "Speed and environment",
        "Its config",
    ]
    assert len(browser.find_elements("css selector", "svg.chart")) == 5


def test_the_samples_are_walked_through_by_keys(visit, report: Path) -> None:
    from selenium.webdriver import Keys

    browser = visit(report)
    slider = browser.find_element("id", "sample")
    shown = browser.find_element("id", "sampled")
    last = shown.get_attribute("textContent")
    assert browser.find_element("id", "step").text.strip() == "30"
    slider.send_keys(Keys.ARROW_LEFT)
    assert soon(lambda: browser.find_element("id", "step").text.strip() == "20")
    assert shown.get_attribute("textContent") != last
    chosen = browser.find_elements("css selector", ".mark.chosen")
    assert len(chosen) == 1
    assert chosen[0].value_of_css_property("visibility") == "visible"


def test_it_is_accessible(visit, report: Path, complaints_of_axe) -> None:
    visit(report)
    assert complaints_of_axe() == []


def test_it_opens_within_a_second(visit, report: Path) -> None:
    browser = visit(report)
    opened = browser.execute_script(
        "return performance.getEntriesByType('navigation')[0].loadEventEnd"
    )
    assert 0 < opened < 1000
