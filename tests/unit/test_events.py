"""Events and their lines in metrics.jsonl: every event both ways."""

import json
from dataclasses import fields, replace
from math import inf, isnan, log, nan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.listeners.metrics import Metrics, read_events, rewind
from charrnn.training.events import (
    RECORDED,
    Ending,
    Evaluated,
    Evaluating,
    Finished,
    Noted,
    NotFinite,
    Resumed,
    Sampled,
    Started,
    Stepped,
    event_of,
    line_of,
)

STARTED = Started(
    run="run",
    resumed_step=None,
    network="lstm 2x8",
    parameters=7,
    tape_bytes=1,
    vocab_size=20,
    train_chars=90,
    val_chars=5,
    test_chars=5,
    unknown_val=0,
    unknown_test=1,
    uniform_loss=3.0,
    unigram_loss=2.75,
    steps=100,
    endless=False,
    steps_per_epoch=10,
    workers=1,
    threads=None,
    kernels="numpy",
    version="0.1",
    environment="a machine",
    notes=("a note",),
)
STEPPED = Stepped(3, 0.123456, 0.5, 2.123456, 1e-3, 0.7, True, 1234.56, 1.23456)

# What the contract says, key by key and digit by digit.
LINES = [
    (
        STARTED,
        '{"event": "start", "network": "lstm 2x8", "parameters": 7, "vocab_size": 20,'
        ' "train_chars": 90, "val_chars": 5, "test_chars": 5, "unigram_loss": 2.75, "workers": 1,'
        ' "kernels": "numpy", "version": "0.1", "environment": "a machine"}',
    ),
    (replace(STARTED, resumed_step=4), '{"event": "resume", "step": 4, "version": "0.1"}'),
    (
        STEPPED,
        '{"event": "step", "step": 3, "epoch": 0.1235, "loss": 2.123456, "learning_rate": 0.001,'
        ' "grad_norm": 0.7, "clipped": true, "chars_per_second": 1234.6, "seconds": 1.235}',
    ),
    (
        NotFinite(5, "the loss", "rollback", 2),
        '{"event": "not_finite", "step": 5, "what": "the loss", "then": "rollback", "now": 2}',
    ),
    (
        Evaluated(3, "val", log(2) / 2, True, 1.00049),
        f'{{"event": "eval", "step": 3, "split": "val", "loss": {log(2) / 2}, "bits_per_char": 0.5,'
        ' "best": true, "seconds": 1.0}',
    ),
    (Sampled(3, "\u00e4"), '{"event": "sample", "step": 3, "text": "\\u00e4"}'),
    (Noted(3, "new"), '{"event": "note", "step": 3, "text": "new"}'),
    (
        Finished("patience", 3, None, 0, 2.0, 1 / 3),
        '{"event": "finish", "reason": "patience", "step": 3, "best_loss": null, "best_step": 0,'
        ' "seconds": 2.0, "clipped_share": 0.333333}',
    ),
]


@pytest.mark.parametrize(("event", "line"), LINES, ids=lambda x: type(x).__name__)
def test_an_event_has_the_line_of_the_contract(event, line: str) -> None:
    assert json.dumps(line_of(event)) == line


@pytest.mark.parametrize("event", [Evaluating("val", 1, 2), Ending("patience", 3)])
def test_what_only_listeners_need_has_no_line(event) -> None:
    assert line_of(event) is None


@pytest.mark.parametrize("line", [line for _, line in LINES])
def test_a_line_is_read_as_its_event(line: str) -> None:
    read = event_of(json.loads(line))
    assert type(read) is RECORDED[json.loads(line)["event"]]
    assert json.dumps(line_of(read)) == line


@pytest.mark.parametrize("name", ["step", "loss", "clipped", "seconds"])
@pytest.mark.parametrize("value", [None, "x", [], {}, inf, nan, 10**400, -1, 2**53, 1.5])
def test_a_value_that_cannot_be_is_nan_or_no_event(name: str, value: Any) -> None:
    line = {"event": "step", "step": 3, "loss": 1.0, "clipped": True, "seconds": 0.0, name: value}
    read = event_of(line)
    if name == "step":
        assert read is None
    elif name == "clipped":
        assert read.clipped is None
    elif value in (-1, 1.5, 2**53):
        assert getattr(read, name) == value
    else:
        assert isnan(getattr(read, name))


def test_a_choice_is_one_of_its_names() -> None:
    line = {"event": "eval", "step": 3, "split": "val", "loss": 1.0}
    assert event_of(line) == replace(event_of(line), split="val")
    for split in ("train", None, ["val"]):
        assert event_of({**line, "split": split}) is None
    assert event_of({**line, "event": "nothing"}) is None
    assert event_of({**line, "event": ["eval"]}) is None


def test_an_old_start_lacks_what_came_later() -> None:
    read = event_of({"event": "start", "parameters": 7})
    assert (read.parameters, read.vocab_size, read.network) == (7, 0, "")
    assert isnan(read.unigram_loss)
    assert event_of({"event": "resume", "step": 3}) == Resumed(3, "")


@pytest.mark.parametrize("name", RECORDED)
@given(
    st.dictionaries(
        st.sampled_from([f.name for kind in RECORDED.values() for f in fields(kind)]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
    )
)
def test_every_line_is_an_event_that_can_be_written_or_none(name: str, line: dict) -> None:
    read = event_of({"event": name, **line})
    assert read is None or line_of(read)["event"] == name


def test_of_a_record_the_history_before_a_rollback_stays(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    metrics = Metrics(path)
    steps = [replace(STEPPED, step=k, seconds=float(k)) for k in range(1, 6)]
    back = NotFinite(6, "the loss", "rollback", 2)
    for event in (STARTED, *steps, back, *steps[2:], Evaluated(5, "test", 1.0, False, 9.0)):
        metrics(event)
    metrics.close()
    with path.open("a") as file:
        file.write('{"event": "st')
    assert rewind(path, 4, 0, rollbacks=1) == 5.0
    read = [(type(event), getattr(event, "step", None)) for event in read_events(path)]
    first = [(Started, None), *((Stepped, k) for k in range(1, 6)), (NotFinite, 6)]
    assert read == [*first, (Stepped, 3), (Stepped, 4)]
    assert path.read_text().endswith("}\n")
