"""A checkpoint loads as it was saved, or is refused in one line. A file is whole or untouched."""

import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.checkpoint import read_checkpoint, write_checkpoint
from charrnn.errors import CheckpointError
from charrnn.files import write_atomically, write_text

ARRAYS = {
    "params/layers.0.Wh": np.arange(6, dtype=np.float32).reshape(2, 3),
    "params/head.by": np.array([0.5, -1.5]),
    "state/0/0": np.zeros((0, 4), np.float32),
}
HEADER = {"step": 3, "best_loss": 1.25, "name": "é😀"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.npz"
    write_checkpoint(path, HEADER, ARRAYS)
    return path


def test_what_is_written_is_read(path: Path) -> None:
    header, arrays = read_checkpoint(path)
    assert {key: header[key] for key in HEADER} == HEADER
    assert arrays.keys() == ARRAYS.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, ARRAYS[name])
        assert array.dtype == ARRAYS[name].dtype
        assert array.flags.writeable


def test_plain_numpy_reads_it(path: Path) -> None:
    with np.load(path, allow_pickle=False) as loaded:
        assert json.loads(bytes(loaded["header"]).decode("utf-8"))["step"] == 3
        np.testing.assert_array_equal(loaded["params/head.by"], ARRAYS["params/head.by"])


def test_the_same_content_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "other.npz", HEADER, ARRAYS)
    assert (tmp_path / "other.npz").read_bytes() == path.read_bytes()


def test_every_truncation_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(CheckpointError, match=r"some\.npz: "):
            read_checkpoint(path)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_is_refused_or_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "flipped.npz"
    write_checkpoint(path, HEADER, ARRAYS)
    raw = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    path.write_bytes(raw)
    try:
        header, arrays = read_checkpoint(path)
    except CheckpointError:
        return
    assert {key: header[key] for key in HEADER} == HEADER
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)


def rewritten(path: Path, change) -> None:
    """Rewrite the archive, each member's bytes passed through `change(name, bytes)`."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, raw in members.items():
            if (new := change(name, raw)) is not None:
                archive.writestr(name, new)


def with_header(path: Path, edit) -> None:
    def change(name: str, raw: bytes) -> bytes:
        if name != "header.npy":
            return raw
        header = json.loads(bytes(np.load(io.BytesIO(raw))).decode("utf-8"))
        edit(header)
        out = io.BytesIO()
        np.save(out, np.frombuffer(json.dumps(header).encode(), np.uint8))
        return out.getvalue()

    rewritten(path, change)


def test_a_missing_array_is_refused(path: Path) -> None:
    rewritten(path, lambda name, raw: None if "head.by" in name else raw)
    with pytest.raises(CheckpointError, match="arrays are not those"):
        read_checkpoint(path)


def test_an_array_too_many_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil.npy", b"x")
    with pytest.raises(CheckpointError, match="arrays are not those"):
        read_checkpoint(path)


def test_a_later_format_is_refused_by_its_number(path: Path) -> None:
    with_header(path, lambda header: header.update(format=99))
    with pytest.raises(CheckpointError, match="format is 99"):
        read_checkpoint(path)


@pytest.mark.parametrize("shape", [[2, 2], [-2, -3], [2.0, 3], [10**9, 10**9], "23", None])
def test_a_wrong_shape_is_refused(path: Path, shape: object) -> None:
    def edit(header) -> None:
        header["arrays"]["params/layers.0.Wh"]["shape"] = shape

    with_header(path, edit)
    with pytest.raises(CheckpointError):
        read_checkpoint(path)


@pytest.mark.parametrize("dtype", ["object", "float16", "int64", "O", 7])
def test_a_wrong_dtype_is_refused(path: Path, dtype: object) -> None:
    def edit(header) -> None:
        header["arrays"]["params/layers.0.Wh"]["dtype"] = dtype

    with_header(path, edit)
    with pytest.raises(CheckpointError):
        read_checkpoint(path)


def test_numbers_that_are_not_finite_are_refused(path: Path) -> None:
    write_checkpoint(path, HEADER, {"params/head.by": np.array([1.0, np.nan])})
    with pytest.raises(CheckpointError, match="not finite"):
        read_checkpoint(path)


def test_a_zip_bomb_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.npy", bytes(100 * 2**20))
    with pytest.raises(CheckpointError, match="compressed"):
        read_checkpoint(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_archive_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        read_checkpoint(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none\.npz: there is no such file"):
        read_checkpoint(tmp_path / "none.npz")
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_checkpoint(tmp_path)


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
