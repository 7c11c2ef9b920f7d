"""charrnn report, from outside."""

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from charrnn import api

CONFIG = """\
data: {path: text.txt}
model: {cell: gru, hidden_size: 12, num_layers: 2}
train: {max_epochs: null, max_steps: 20, eval_every: 10, batch_size: 4, seq_length: 16}
output: {dir: run, sample_every: 10}
"""
TEXT = 'the cat "sat" on the mat; <the> dog & the log.\n' * 60


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "text.txt").write_text(TEXT)


class Words(HTMLParser):
    """What a page says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.opened: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.opened.append(tag)


def test_the_page_tells_the_run(charrnn) -> None:
    charrnn("train", "config.yaml")
    ran = charrnn("report", "run")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"wrote {Path('run/report.html')}\n"
    page = Path("run/report.html").read_text(encoding="utf-8")
    said = " ".join(Words(page).words)
    told = api.curves("run")
    for expected in (
        "gru 2x12",
        f"{told.best_val:.4f}",
        f"{told.test:.4f}",
        "xz",
        "quotes",
        "NumPy",
    ):
        assert expected in said
    assert "the" not in Words(page).opened  # a tag of the text is none of the page's


def test_the_library_has_the_same_as_arrays(charrnn) -> None:
    charrnn("train", "config.yaml")
    stages = []
    found = api.report_of("run", lambda done, total: stages.append((done, total)))
    assert stages == [(k, len(found.results)) for k in range(len(found.results))]
    assert found.missing == ()
    assert found.text.parts == (2538, 141, 141)
    assert found.text.judged == "validation"
    assert found.surprisal.nats.shape == (140,)
    assert np.isfinite(found.surprisal.nats).all()
    assert found.flow.signals[0].norms.ndim == 2
    assert found.units.found
    assert found.start["workers"] == 1


def test_without_a_validation_part_it_looks_at_the_test_part(charrnn, monkeypatch) -> None:
    charrnn("train", "config.yaml", "--set", "data.split=[0.9, 0, 0.1]")
    found = api.report_of("run")
    assert (found.text.judged, found.text.judged_chars) == ("test", 282)
    monkeypatch.setattr("charrnn.studies.report.study.MOST_READ", 100)
    assert api.report_of("run").surprisal.nats.shape == (99,)


def test_without_its_text_it_tells_what_is_left(charrnn) -> None:
    charrnn("train", "config.yaml")
    Path("text.txt").unlink()
    assert charrnn("report", "run", "--out", "page.html").code == 0
    said = " ".join(Words(Path("page.html").read_text(encoding="utf-8")).words)
    assert "Left out: all that needs the text: text.txt: there is no such file" in said
    assert "How it went" in said
    assert "What its units know" not in said


def test_without_a_checkpoint_it_tells_the_record(charrnn) -> None:
    charrnn("train", "config.yaml")
    Path("run/best.npz").unlink()
    assert charrnn("report", "run", "--quiet").err == ""
    said = " ".join(Words(Path("run/report.html").read_text(encoding="utf-8")).words)
    assert "Left out: the model:" in said
    assert "gru 2x12" in said


def test_the_config_is_that_of_the_run_directory(charrnn) -> None:
    charrnn("train", "config.yaml", "--out", "other", "--set", "output.keep=7")
    assert "  dir: other\n" in api.report_of("other").config
    assert "  keep: 7\n" in api.report_of("other").config
    Path("other/config.yaml").unlink()
    report = api.report_of("other")
    assert report.config is None
    assert [each.partition(";")[0] for each in report.missing] == [
        "the config: other/config.yaml: there is no such file"
    ]


def test_a_run_of_no_step_yet(charrnn) -> None:
    charrnn("train", "config.yaml")
    record = Path("run/metrics.jsonl")
    first = record.read_text().splitlines()[0]
    record.write_text(first + "\n")
    assert charrnn("report", "run").code == 0
    assert "There is no step yet" in Path("run/report.html").read_text(encoding="utf-8")


def test_records_are_reported_too(charrnn) -> None:
    Path("text.txt").write_text("".join(f"name{k}\n" for k in range(300)))
    charrnn("train", "config.yaml", "--set", 'data.records="\\n"')
    ran = charrnn("report", "run")
    assert ran.code == 0, ran.err
    assert api.report_of("run").missing == ()


def test_the_model_stands_among_what_was_tried_on_the_same_part(charrnn) -> None:
    charrnn("train", "config.yaml")
    charrnn("report", "run")
    page = Path("run/report.html").read_text(encoding="utf-8")
    table = page[page.index("losses on the validation part, compared with simpler models") :]
    rows = table[: table.index("</table>")]
    told = api.curves("run")
    assert f"{told.best_val:.4f}" in rows
    assert rows.count("this model") == 1


@pytest.mark.parametrize("name", ["text.txt", "run/best.npz"])
def test_a_page_takes_the_place_of_no_text_and_no_checkpoint(charrnn, name: str) -> None:
    charrnn("train", "config.yaml")
    before = Path(name).read_bytes()
    for command in (
        ("report", "run", "--out", name),
        ("score", "run", "text.txt", "--html", name),
        ("units", "run", "text.txt", "--html", name),
    ):
        ran = charrnn(*command)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert "a page's name ends in .html or .htm" in ran.err
    assert Path(name).read_bytes() == before


def test_what_is_left_out_is_told_at_once(charrnn) -> None:
    charrnn("train", "config.yaml")
    Path("text.txt").unlink()
    assert "left out: all that needs the text" in charrnn("report", "run").err


def test_what_is_no_run_is_one_line(charrnn) -> None:
    ran = charrnn("report", "nowhere")
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "name a run directory" in ran.err


def test_a_page_that_cannot_be_written_is_one_line(charrnn) -> None:
    charrnn("train", "config.yaml")
    Path("page").mkdir()
    ran = charrnn("report", "run", "--out", "page")
    assert (ran.code, ran.err.count("\n")) == (2, 1)


def test_the_record_tells_where_it_ran(charrnn) -> None:
    charrnn("train", "config.yaml")
    start = json.loads(Path("run/metrics.jsonl").read_text().splitlines()[0])
    assert start["network"] == "gru 2x12"
    assert "NumPy" in start["environment"]
    assert start["kernels"]
