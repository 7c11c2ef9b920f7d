"""A checkpoint loads as it was saved. A file is whole or untouched."""

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn.runs.checkpoints import read_checkpoint
from charrnn.storage.archive import AT_ONCE, write_archive
from charrnn.storage.checkpoint import write_checkpoint
from charrnn.storage.files import write_atomically, write_text
from tests.saved import contents, save

ARRAYS = {
    "params/layers.0.Wh": np.arange(6, dtype=np.float32).reshape(2, 3),
    "params/head.by": np.array([0.5, -1.5, 5e-324]),
    "slots/m/head.by": np.linspace(-1, 1, AT_ONCE // 8 + 5),  # more than is read at once
    "state/0/0": np.zeros((0, 4), np.float32),
}


@pytest.fixture
def header(tmp_path: Path) -> dict[str, Any]:
    values, _ = contents(save(tmp_path / "other.npz", "data.path=é😀"))
    return {name: values[name] for name in values if name not in ("format", "arrays")}


@pytest.fixture
def path(tmp_path: Path, header: dict[str, Any]) -> Path:
    path = tmp_path / "some.npz"
    write_checkpoint(path, header, ARRAYS)
    return path


def test_what_is_written_is_read(path: Path, header: dict[str, Any]) -> None:
    read, arrays = read_checkpoint(path)
    assert {key: read[key] for key in header} == header
    assert list(arrays) == list(ARRAYS)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, ARRAYS[name])
        assert array.dtype == ARRAYS[name].dtype
        assert array.flags.writeable
        assert array.flags.c_contiguous


def test_plain_numpy_reads_it(path: Path) -> None:
    with np.load(path, allow_pickle=False) as loaded:
        assert json.loads(bytes(loaded["header"]).decode("utf-8"))["step"] == 5
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(loaded[name], array)


def test_plain_numpy_would_write_the_same_bytes() -> None:
    ours, theirs = io.BytesIO(), io.BytesIO()
    write_archive(ours, ARRAYS)
    np.savez(theirs, **ARRAYS)
    assert ours.getvalue() == theirs.getvalue()


def test_the_same_content_gives_the_same_bytes(path: Path, header: dict[str, Any]) -> None:
    """However it lies in memory: by columns, the other end of a number first."""
    other = path.with_name("again.npz")
    arrays = {name: np.asfortranarray(a.astype(a.dtype.newbyteorder(">")))
              for name, a in ARRAYS.items()}  # fmt: skip
    write_checkpoint(other, header, arrays)
    assert other.read_bytes() == path.read_bytes()


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_text(path, "old")

    def fail(file) -> None:
        file.write(b"half of the new")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_the_bytes_are_on_disk_before_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    real_sync, real_replace = os.fsync, Path.replace

    def sync(descriptor: int) -> None:
        done.append("sync")
        real_sync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        done.append("replace")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)
    write_text(tmp_path / "file", "new")
    assert done == (["sync", "replace", "sync"] if os.name == "posix" else ["sync", "replace"])
