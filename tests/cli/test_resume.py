"""charrnn train --resume: what is damaged is passed over, and what is another run is refused."""

import os
import shutil
from pathlib import Path

import pytest

from charrnn.runs.checkpoints import read_checkpoint
from tests.runs import CONFIG as LONGER
from tests.runs import TEXT as LONGER_TEXT
from tests.runs import digests, steady
from tests.saved import CONFIG, TEXT, contents, forge, listing, save
from tests.strangers import changed


@pytest.fixture(autouse=True)
def _run(tmp_path: Path) -> None:
    """A run that stopped after step 5, in the middle of an epoch."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "text.txt").write_text(TEXT)
    (tmp_path / "run/checkpoints").mkdir(parents=True)
    save(tmp_path / "run/last.npz")
    save(tmp_path / "run/checkpoints/step-00000004.npz", step=4)


RESUME = ("train", "config.yaml", "--resume")


def test_a_run_goes_on(charrnn) -> None:
    ran = charrnn(*RESUME)
    assert ran.code == 0, ran.err
    assert "after step 5" in ran.err
    assert "passed over" not in ran.err
    assert read_checkpoint(Path("run/last.npz")).header["step"] == 40


def test_a_killed_run_goes_on_from_the_last_whole_checkpoint(charrnn) -> None:
    Path("config.yaml").write_text(LONGER)
    Path("text.txt").write_text(LONGER_TEXT)
    charrnn("train", "config.yaml", "--out", "whole")
    shutil.copytree("whole", "parts")
    os.truncate("parts/last.npz", Path("parts/last.npz").stat().st_size // 2)
    Path("parts/checkpoints/step-00000060.npz").write_bytes(b"")
    with Path("parts/metrics.jsonl").open("a") as file:
        file.write('{"event": "step", "st')
    ran = charrnn("train", "config.yaml", "--out", "parts", "--resume")
    assert ran.code == 0
    assert "after step 50" in ran.err
    assert "note        passed over parts/checkpoints/step-00000060.npz: damaged" in ran.err
    assert "note        passed over parts/last.npz: damaged" in ran.err
    assert digests("parts") == digests("whole")
    assert steady("parts") == steady("whole")


DAMAGE = {
    "half": lambda p: os.truncate(p, 1000),
    "empty": lambda p: p.write_bytes(b""),
    "counter": lambda p: changed(p, -1, "step"),
    "later format": lambda p: changed(p, 2, "format"),
    "folder": lambda p: (p.unlink(), p.mkdir()),
    "pipe": lambda p: (p.unlink(), os.mkfifo(p)),
}


@pytest.mark.skipif(os.name != "posix", reason="needs named pipes")
@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_file_is_passed_over_for_the_one_before(charrnn, case: str) -> None:
    DAMAGE[case](Path("run/last.npz"))
    ran = charrnn(*RESUME, "--out", "run", "--max-steps", "4")
    assert "after step 4" in ran.err
    assert "note        passed over run/last.npz: " in ran.err


def test_where_none_can_be_read_the_first_is_named(charrnn) -> None:
    for path in ("run/last.npz", "run/checkpoints/step-00000004.npz"):
        os.truncate(path, 1000)
    ran = charrnn(*RESUME)
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("error: run/checkpoints/step-00000004.npz: damaged")
    assert ran.err.endswith("; no other checkpoint can be read; start over with --force\n")
    assert ran.err.count("\n") == 1


KEYS = [
    ("model.hidden_size=3", "model.hidden_size was 2, is 3"),
    ("model.num_layers=2", "model.num_layers was 1, is 2"),
    ("model.cell=gru", "model.cell.name was lstm, is gru"),
    ("model.cell={name: lstm, peephole: true}", "model.cell.peephole was false, is true"),
    ("model.embedding_size=2", "model.embedding_size was 0, is 2"),
    ("model.learn_initial_state=true", "model.learn_initial_state was false, is true"),
    ("optimizer=sgd", "optimizer.name was adam, is sgd"),
    ("train.average=0.5", "train.average was 0, is 0.5"),
    ("train.dtype=float64", "train.dtype was float32, is float64"),
    ("train.batch_size=3", "train.batch_size was 2, is 3"),
    ("train.seq_length=5", "train.seq_length was 4, is 5"),
    ("train.seed=2", "train.seed was 1, is 2"),
    ("data.lowercase=true", "data.lowercase was false, is true"),
    ("data.level=byte", "data.level was char, is byte"),
    ("data.split=[0.8,0.1,0.1]", "data.split was [0.9, 0.05, 0.05], is [0.8, 0.1, 0.1]"),
    ('data.records="\\n"', r"data.records was null, is \n"),
]


@pytest.mark.parametrize(("override", "said"), KEYS)
def test_another_shape_or_way_is_refused_by_its_key(charrnn, override: str, said: str) -> None:
    before = digests("run")
    ran = charrnn(*RESUME, "--set", override)
    assert ran.code == 2
    assert ran.err == f"error: {said}: a resumed run must keep its value\n"
    assert digests("run") == before


def test_every_key_that_differs_is_named(charrnn) -> None:
    ran = charrnn(*RESUME, "--set", "model.hidden_size=13", "--set", "train.seed=5")
    assert ran.code == 2
    assert ran.err.splitlines() == [
        "error: model.hidden_size was 2, is 13: a resumed run must keep its value",
        "error: train.seed was 1, is 5: a resumed run must keep its value",
    ]


TEXTS = [
    ("é", "b", "new in the vocabulary: 'é'; its SHA-256 was"),
    ("", "d", "gone from the vocabulary: 'd'; its SHA-256 was"),
    ("q", "d", "new in the vocabulary: 'q'; gone from the vocabulary: 'd'; its SHA-256"),
    ("\x1b", "d", r"new in the vocabulary: '\x1b'; gone from"),
    ("".join(map(chr, range(0x3B1, 0x3C9))), "d", "'κ' and 14 more; gone from"),
]


@pytest.mark.parametrize(("new", "old", "said"), TEXTS)
def test_another_vocabulary_is_refused_by_its_symbols(charrnn, new, old, said: str) -> None:
    before = digests("run")
    Path("text.txt").write_text(TEXT.replace(old, new, -1 if old == "d" else 1), encoding="utf-8")
    ran = charrnn(*RESUME)
    assert ran.code == 3
    assert ran.err.startswith("error: the text is not the one that run/last.npz was")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert digests("run") == before


def test_another_text_of_the_same_symbols_is_refused_by_its_digest(charrnn) -> None:
    Path("text.txt").write_text(TEXT[::-1])
    ran = charrnn(*RESUME)
    assert ran.code == 3
    assert "was trained on (its SHA-256 was 4e93f911124d, is " in ran.err
    assert "vocabulary" not in ran.err


def test_a_vocabulary_that_was_changed_in_the_file_is_refused_by_its_symbols(charrnn) -> None:
    for path in Path("run").rglob("*.npz"):
        changed(path, [10, 97, 98, 99, 101], "vocabulary", "symbols")
    ran = charrnn(*RESUME)
    assert ran.code == 3
    assert "(new in the vocabulary: 'd'; gone from the vocabulary: 'e')" in ran.err


@pytest.mark.parametrize("tracks", [0, 3])
def test_a_carried_state_of_other_tracks_is_refused(charrnn, tracks: int) -> None:
    header, arrays = contents(Path("run/last.npz"))
    for name in ("state/0/0", "state/0/1"):
        arrays[name] = arrays[name][:1].repeat(tracks or 1, axis=0)
        if not tracks:
            del arrays[name]
    forge(Path("run/last.npz"), header | {"arrays": listing(arrays)}, arrays)
    ran = charrnn(*RESUME)
    assert ran.code == 4
    assert f"carries the state of {tracks or 'no'} tracks; step 5 of this run continues" in ran.err


def test_a_carried_state_where_an_epoch_begins_is_refused(charrnn) -> None:
    changed(Path("run/last.npz"), 15, "step")
    ran = charrnn(*RESUME)
    assert ran.code == 4
    assert "carries the state of 2 tracks; step 15 of this run continues from that of no" in ran.err
