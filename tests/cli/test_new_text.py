"""A text that is another than before: between two runs, or while one of them goes on."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from charrnn import api
from charrnn.errors import DataError
from charrnn.runs.checkpoints import read_checkpoint
from charrnn.text import encoded
from charrnn.training.events import Noted, Stepped

CONFIG = """\
data: {path: text.txt, split: [0.8, 0.1, 0.1]}
model: {hidden_size: 8, num_layers: 1}
train: {batch_size: 4, seq_length: 16, max_steps: 40, eval_every: 10}
output: {dir: run, checkpoint_every: 20}
"""
TEXT = "the cat sat on the mat; the dog sat on the log.\n" * 40
ALLOW = ("--resume", "--allow-new-text")


@pytest.fixture(autouse=True)
def _files(charrnn) -> None:
    Path("config.yaml").write_text(CONFIG)
    Path("text.txt").write_text(TEXT)


def record() -> list[dict]:
    return [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]


def trained_on() -> str:
    return read_checkpoint(Path("run/last.npz")).header["corpus_sha256"]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- between two runs ----------------------------------------------------------------------------


def test_a_new_text_is_refused_and_the_way_on_is_told(charrnn) -> None:
    charrnn("train", "config.yaml")
    Path("text.txt").write_text(TEXT.replace("cat", "mat"))
    ran = charrnn("train", "config.yaml", "--resume")
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "continue on the new one with --allow-new-text" in ran.err
    assert trained_on() == digest(TEXT)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_new_text_is_gone_on_with_where_that_is_allowed(charrnn, workers: int) -> None:
    charrnn("train", "config.yaml")
    vocabulary = api.load("run").vocabulary
    longer = TEXT.replace("cat", "mat") * 2  # fewer kinds of characters, more of them
    Path("text.txt").write_text(longer)
    options = (*ALLOW, "--max-steps", "60", "--workers", str(workers))
    ran = charrnn("train", "config.yaml", *options)
    assert ran.code == 0
    assert "note        another text: what was best on the old one is forgotten" in ran.err
    assert trained_on() == digest(longer)
    assert api.load("run").vocabulary == vocabulary
    assert [e["step"] for e in record() if e["event"] == "step"] == list(range(1, 61))
    evaluated = [e for e in record() if e["event"] == "eval" and e["split"] == "val"]
    assert [e["step"] for e in evaluated] == [10, 20, 30, 40, 50, 60]
    assert evaluated[4]["best"]  # whatever the loss on the old text was
    best = min(evaluated[4:], key=lambda e: e["loss"])["step"]
    assert read_checkpoint(Path("run/best.npz")).header["step"] == best


def test_the_best_of_the_old_text_is_not_in_the_way_of_the_next(charrnn) -> None:
    """It stays on disk as long as the new text has not been judged, and over a further resume."""
    charrnn("train", "config.yaml")
    Path("text.txt").write_text("log dog the on sat " * 99)
    charrnn("train", "config.yaml", *ALLOW, "--max-steps", "45", "--set", "train.eval_every=100")
    charrnn("train", "config.yaml", "--resume", "--max-steps", "60")
    header = read_checkpoint(Path("run/best.npz")).header
    assert header["corpus_sha256"] == digest("log dog the on sat " * 99)


def test_after_that_it_is_the_text_of_the_run(charrnn) -> None:
    charrnn("train", "config.yaml")
    Path("text.txt").write_text(TEXT * 2)
    assert charrnn("train", "config.yaml", *ALLOW, "--max-steps", "50").code == 0
    assert charrnn("train", "config.yaml", "--resume", "--max-steps", "60").code == 0
    Path("text.txt").write_text(TEXT)
    assert charrnn("train", "config.yaml", "--resume", "--max-steps", "70").code == 3


def test_the_same_text_is_gone_on_with_to_the_same_bytes(charrnn) -> None:
    charrnn("train", "config.yaml", "--out", "whole")
    charrnn("train", "config.yaml", "--max-steps", "15")
    assert charrnn("train", "config.yaml", *ALLOW).code == 0
    assert Path("run/last.npz").read_bytes() == Path("whole/last.npz").read_bytes()


def test_a_new_text_may_have_another_name_and_nothing_else(charrnn) -> None:
    charrnn("train", "config.yaml")
    Path("new.txt").write_text(TEXT * 2)
    new = ("--set", "data.path=new.txt", "--max-steps", "50")
    assert (
        "data.path was text.txt, is new.txt: a resumed run must"
        in charrnn("train", "config.yaml", "--resume", *new).err
    )
    ran = charrnn("train", "config.yaml", *ALLOW, *new, "--set", "data.lowercase=true")
    assert ran.code == 2
    assert (
        ran.err == "error: data.lowercase was false, is true: a resumed run must keep its value\n"
    )
    assert charrnn("train", "config.yaml", *ALLOW, *new).code == 0


def test_a_character_that_the_run_does_not_know_is_refused_by_name(charrnn) -> None:
    charrnn("train", "config.yaml")
    Path("text.txt").write_text(TEXT + "\x1b[31m Ä")
    ran = charrnn("train", "config.yaml", *ALLOW)
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert r"text.txt: the model does not know 5 of its characters: '\x1b' '1' '3' '['" in ran.err


def test_an_unknown_symbol_stands_for_what_is_new(charrnn) -> None:
    unknown = ("--set", "data.min_count=2")
    charrnn("train", "config.yaml", *unknown)
    Path("text.txt").write_text(TEXT + "Ä")
    ran = charrnn("train", "config.yaml", *unknown, *ALLOW, "--max-steps", "50")
    assert ran.code == 0
    assert "unknown: 0 in validation, 1 in test" in ran.err


def test_it_goes_with_resume_alone(charrnn) -> None:
    ran = charrnn("train", "config.yaml", "--allow-new-text")
    assert ran.code == 2
    assert "--allow-new-text requires --resume" in ran.err


# --- while a run goes on -------------------------------------------------------------------------


def rewrite() -> None:
    Path("text.txt").write_text(TEXT[::-1])


def cut() -> None:
    os.truncate("text.txt", 5)


def unlink() -> None:
    Path("text.txt").unlink()


def into_a_pipe() -> None:
    Path("text.txt").unlink()
    os.mkfifo("text.txt")


@pytest.mark.parametrize("change", [rewrite, cut, unlink, into_a_pipe])
def test_a_run_does_not_mind_and_tells_once(charrnn, change) -> None:
    list(api.train(api.load_config("config.yaml", ["output.dir=whole"])))
    notes = []
    for event in api.train(api.load_config("config.yaml")):
        if isinstance(event, Stepped) and event.step == 5:
            change()
        if isinstance(event, Noted):
            notes.append((event.step, event.text))
    assert [step for step, _ in notes] == [10]
    assert notes[0][1].startswith("text.txt: the text has changed since it was read")
    assert Path("run/last.npz").read_bytes() == Path("whole/last.npz").read_bytes()
    (told,) = [line for line in record() if line["event"] == "note"]
    assert told == {"event": "note", "step": 10, "text": notes[0][1]}


def test_what_is_written_again_as_it_was_is_no_change(charrnn) -> None:
    for event in api.train(api.load_config("config.yaml")):
        if isinstance(event, Stepped):
            Path("text.txt").write_text(TEXT)
    assert not [line for line in record() if line["event"] == "note"]


def test_the_note_is_for_people_too(charrnn, monkeypatch: pytest.MonkeyPatch) -> None:
    from charrnn.text.source import Source

    monkeypatch.setattr(Source, "has_changed", lambda _: True)
    ran = charrnn("train", "config.yaml")
    assert ran.code == 0
    assert ran.err.count("note        text.txt: the text has changed") == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_long_text_that_is_cut_in_the_cache_ends_the_run_saved(
    charrnn, tmp_path: Path, monkeypatch, workers: int
) -> None:
    """Not by SIGBUS, as a memory map would."""
    monkeypatch.setenv("CHARRNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(encoded, "SHORT", 0)
    events = api.train(api.load_config("config.yaml", [f"train.workers={workers}"]))
    while getattr(next(events), "step", 0) < 7:
        pass
    (file,) = (tmp_path / "cache").iterdir()
    os.truncate(file, 100)
    with pytest.raises(DataError, match="the run is saved after step 7; continue it"):
        list(events)
    assert charrnn("train", "config.yaml", "--resume").code == 0
    assert record()[-1]["step"] == 40
