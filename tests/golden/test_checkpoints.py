"""Golden checkpoints: files of every released format load for ever, and do what they did."""

import json
import shutil
from pathlib import Path

import pytest

from charrnn.runs.checkpoints import read_checkpoint
from charrnn.storage.header import FORMAT
from tests.golden.make import facts, write_texts

FORMATS = {int(folder.name.removeprefix("format-")): folder
           for folder in Path(__file__).parent.glob("format-*")}  # fmt: skip
FILES = [path for folder in FORMATS.values() for path in sorted(folder.glob("*.npz"))]


def test_there_are_files_of_every_format() -> None:
    assert sorted(FORMATS) == list(range(1, FORMAT + 1))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_golden_checkpoint_writes_scores_and_goes_on_as_ever(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = json.loads(path.with_name("known.json").read_text(encoding="utf-8"))[path.stem]
    assert path.stat().st_size < 30_000
    monkeypatch.chdir(tmp_path)
    write_texts()
    Path("run").mkdir()
    shutil.copy(path, "run/last.npz")
    found = facts(path)
    texts = ("greedy", "drawn")
    assert {k: found.pop(k) for k in texts} == {k: known.pop(k) for k in texts}
    assert found == pytest.approx(known, rel=1e-4 if "float32" in path.stem else 1e-6)


def test_every_group_of_arrays_is_in_one_of_them() -> None:
    groups = {name.split("/")[0] for path in FILES for name in read_checkpoint(path).arrays}
    slots = {name.split("/")[1] for path in FILES for name in read_checkpoint(path).arrays
             if name.startswith("slots/")}  # fmt: skip
    assert groups == {"params", "raw", "slots", "best", "state"}
    assert slots == {"m", "v", "s"}
