"""The curves of a run, read from records of all kinds; which runs are meant, and their names."""

import json
from math import inf, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn import api
from charrnn.errors import DataError, UsageError
from charrnn.studies.curves.panels import Shown, make_sheet, told_kinds
from charrnn.training.events import NotFinite

START = {"event": "start", "parameters": 7, "vocab_size": 20, "train_chars": 1000, "version": "0"}


def step(k: int, loss: float | None = 2.0, **more: Any) -> dict[str, Any]:
    told = {"epoch": k / 10, "learning_rate": 0.01, "grad_norm": 1.0, "clipped": k % 2 == 0}
    line = {"event": "step", "step": k, "loss": loss, "chars_per_second": 50.0, "seconds": 6.0 * k}
    return {**line, **told, **more}


def evaluation(k: int, loss: float | None, split: str = "val") -> dict[str, Any]:
    return {"event": "eval", "step": k, "split": split, "loss": loss, "seconds": 6.0 * k + 1}


def write(folder: Path, *lines: dict[str, Any] | str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    texts = [line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines]
    (folder / "metrics.jsonl").write_text("".join(texts))
    return folder


def test_of_two_evaluations_after_one_step_the_last_counts(tmp_path: Path) -> None:
    lines = (START, step(1), step(2), evaluation(2, 2.5), evaluation(2, 2.25))
    told = api.curves(write(tmp_path / "run", *lines))
    assert (told.val_along.steps.tolist(), told.val.tolist()) == ([2], [2.25])


def test_what_a_run_tells(tmp_path: Path) -> None:
    run = write(
        tmp_path / "run",
        START,
        *(step(k, 3 - k / 10) for k in range(1, 5)),
        evaluation(4, 2.5),
        {"event": "sample", "step": 4, "text": "abc"},
        {"event": "note", "step": 4, "text": "well"},
        evaluation(4, 2.4, "test"),
        {"event": "finish", "reason": "max_steps", "step": 4},
    )
    told = api.curves(run)
    assert told.along.steps.tolist() == [1, 2, 3, 4]
    assert told.along.characters.tolist() == [100, 200, 300, 400]
    assert told.along.minutes == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert told.train == pytest.approx([2.9, 2.8, 2.7, 2.6])
    assert told.clipped.tolist() == [0, 1, 0, 1]
    assert (told.val_along.steps.tolist(), told.val.tolist(), told.best_val) == ([4], [2.5], 2.5)
    assert told.val_along.characters.tolist() == [400]
    assert (told.test, told.test_step, told.ended) == (2.4, 4, "max_steps")
    assert (told.parameters, told.vocab_size) == (7, 20)
    assert told.samples == ((4, "abc"),)
    assert told.notes == ((4, "well"),)
    assert told.place("characters", 2) == 200


def test_a_run_that_goes_on_has_a_torn_last_line(tmp_path: Path) -> None:
    torn = json.dumps(step(3))[:20]
    told = api.curves(write(tmp_path, START, step(1), step(2), torn))
    assert told.along.steps.tolist() == [1, 2]
    assert told.ended is None
    assert told.best_val is None


def test_steps_that_were_taken_again_are_there_once(tmp_path: Path) -> None:
    """As after a kill whose record was not rewound, and as after a rollback."""
    accident = {"event": "not_finite", "step": 5, "what": "the loss", "then": "rollback", "now": 2}
    told = api.curves(
        write(
            tmp_path,
            START,
            *(step(k, 9.0) for k in range(1, 5)),
            evaluation(2, 8.0),
            evaluation(4, 7.0),
            accident,
            step(3, 1.0, seconds=40.0),
            evaluation(3, 1.5),
            evaluation(3, 1.4, "test"),
            {"event": "finish", "reason": "interrupted", "step": 3},
            {"event": "resume", "step": 2},
            step(3, 0.5, seconds=1.0),
        )
    )
    assert told.along.steps.tolist() == [1, 2, 3]
    assert told.train.tolist() == [9.0, 9.0, 0.5]
    assert told.val_along.steps.tolist() == [2]
    assert (told.test, told.ended) == (None, None)
    assert (np.diff(told.along.minutes) >= 0).all()
    assert told.not_finite == (NotFinite(5, "the loss", "rollback", 2),)
    assert told.resumes == (2,)


def test_what_is_null_or_missing_is_nan(tmp_path: Path) -> None:
    lines = ['{"event": "step", "step": 2, "loss": NaN}\n', step(3, clipped=None), step(4, 1e999)]
    told = api.curves(write(tmp_path, START, step(1, None), *lines, evaluation(4, None)))
    assert np.isnan(told.train).tolist() == [True, True, False, True]
    assert np.isnan(told.smoothed).tolist() == [True, True, False, True]
    assert np.isnan(told.clipped).tolist() == [False, True, True, False]
    assert isnan(told.val[0])
    assert told.best_val is None


def test_the_smoothing_suits_the_length_of_the_run(tmp_path: Path) -> None:
    def smooth(steps: int) -> float:
        return api.curves(write(tmp_path, START, *(step(k + 1) for k in range(steps)))).smooth

    assert smooth(10) == 0
    assert smooth(500) == pytest.approx(0.9)
    assert smooth(5000) == pytest.approx(0.98)
    assert api.curves(tmp_path, smooth=0.5).smooth == 0.5


def test_characters_are_of_the_config_where_the_epoch_says_too_little(tmp_path: Path) -> None:
    run = write(tmp_path, START, step(1, epoch=0.0), step(2, epoch=0.0))
    assert np.isnan(api.curves(run).along.characters).all()
    (run / "config.yaml").write_text("train: {batch_size: 4, seq_length: 10, stride: 5}\n")
    told = api.curves(run)
    assert told.along.characters.tolist() == [20, 40]
    assert told.clip_norm == 5.0


@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.dictionaries(
                st.sampled_from(["event", "step", "loss", "seconds", "epoch", "split", "now"])
                | st.text(max_size=3),
                inner | st.sampled_from(["step", "eval", "val", "test", "resume", "start"]),
            ),
            max_leaves=8,
        ),
        max_size=8,
    )
)
def test_no_record_is_a_traceback(tmp_path_factory: pytest.TempPathFactory, lines: list) -> None:
    folder = tmp_path_factory.mktemp("run", numbered=True)
    told = api.curves(write(folder, *(json.dumps(line) + "\n" for line in lines)))
    assert len(told.train) == len(told.along.minutes) == len(told.clipped)


def test_a_folder_without_a_record(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"metrics\.jsonl cannot be read"):
        api.curves(tmp_path / "none")
    (tmp_path / "metrics.jsonl").mkdir()
    with pytest.raises(DataError, match="not a regular file"):
        api.curves(tmp_path)


def test_which_runs_are_meant(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a/run", START), write(tmp_path / "b/run", START)
    many = tmp_path / "many"
    write(many / "x", START)
    (many / "y").mkdir()
    (many / "compare.json").write_text(json.dumps(["y", "x", "../a/run", 3]))
    assert api.find_runs([one, many, two, f"{one}/"]) == [one, many / "x", two]
    assert api.labels_of([one, two, many / "x"]) == ["a/run", "b/run", "x"]
    assert api.labels_of([one]) == ["run"]
    (many / "x/metrics.jsonl").unlink()
    for path, why in (
        (many, "none has begun"),
        (tmp_path, "no metrics.jsonl"),
        (tmp_path / "no", "no such"),
    ):
        with pytest.raises(DataError, match=why):
            api.find_runs([path])


def test_a_name_is_one_line(tmp_path: Path) -> None:
    assert api.labels_of([tmp_path / "a\nb\x1b"]) == [r"a\nb\x1b"]


def shown(folder: Path, name: str, colour: int, *lines: dict[str, Any]) -> Shown:
    return Shown(name, colour, api.curves(write(folder / name, START, *lines), smooth=0.5))


def test_a_sheet_has_what_is_to_be_drawn(tmp_path: Path) -> None:
    one = shown(
        tmp_path,
        "one",
        0,
        step(1, 4.0),
        step(2, 2.0),
        evaluation(2, 1.0),
        evaluation(1, 1.1, "test"),
        {"event": "not_finite", "step": 2, "what": "the loss", "then": "stop", "now": 1},
    )
    two = shown(tmp_path, "two", 1, step(1, 3.0))
    alone = make_sheet([one], ["loss", "gradient"], by="characters", bits=True)
    loss, gradient = alone.panels
    lines = {line.part: line for line in loss.lines}
    assert [*lines] == ["raw", "train", "validation", "test", "mark"]
    assert lines["raw"].y == pytest.approx([4 / np.log(2), 2 / np.log(2)])
    assert lines["train"].y == pytest.approx([4 / np.log(2), (1 + 1) / 0.75 / np.log(2)])
    assert (lines["test"].x[0], lines["mark"].x[0]) == (100, 200)
    assert (loss.unit, alone.unit) == ("loss, bits/char", "characters read")
    assert [line.part for line in gradient.lines] == ["raw", "train", "mark"]
    together = make_sheet([one, two], ["loss", "rate", "gradient", "clipped"])
    assert [(line.part, line.colour) for line in together.panels[0].lines] == [
        ("train", 0),
        ("validation", 0),
        ("test", 0),
        ("train", 1),
    ]
    assert told_kinds([two]) == ["loss", "rate", "gradient", "clipped"]


def test_a_loss_far_above_guessing_does_not_hide_the_others(tmp_path: Path) -> None:
    one = shown(tmp_path, "one", 0, step(1, 3.0), step(2, 1e30))
    assert make_sheet([one]).panels[0].top == pytest.approx(1.25 * np.log(20))
    assert make_sheet([one], top=3.5).panels[0].top == 3.5
    for top in (2.5, nan, inf):
        with pytest.raises(UsageError, match=r"top is .*, but the lowest loss is 3\.0000"):
            make_sheet([one], top=top)
    assert make_sheet([shown(tmp_path, "two", 0, step(1, 3.0))]).panels[0].top is None


def test_a_panel_of_nothing_is_refused(tmp_path: Path) -> None:
    old = shown(tmp_path, "old", 0, step(1, clipped=None))
    assert told_kinds([old]) == ["loss", "rate", "gradient"]
    with pytest.raises(UsageError, match="which of its steps were clipped"):
        make_sheet([old], ["clipped"])
    with pytest.raises(UsageError, match="no run has a loss"):
        make_sheet([shown(tmp_path, "new", 0)])
    with pytest.raises(UsageError, match="no run has its characters read"):
        make_sheet([shown(tmp_path, "lost", 0, step(1, epoch=None))], by="characters")
    with pytest.raises(UsageError, match="no run has a loss"):
        make_sheet([shown(tmp_path, "nan", 0, step(1, nan))])


def test_long_lines_are_thinned_to_their_ends(tmp_path: Path) -> None:
    long = shown(tmp_path, "long", 0, *(step(k) for k in range(1, 5001)))
    raw, train = make_sheet([long]).panels[0].lines
    assert raw.x.size == 5000
    assert 500 <= train.x.size <= 2000
    assert train.x[[0, -1]].tolist() == [1, 5000]
