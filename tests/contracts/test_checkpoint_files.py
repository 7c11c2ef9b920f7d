"""What is no checkpoint at all, names that a terminal would obey, and what the commands say."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from charrnn import api
from charrnn.errors import CheckpointError
from tests.saved import CONFIG, TEXT, save
from tests.strangers import changed, cheaply, posix, refusal
from tests.zips import END

HOLE = 8 * 10**12  # bytes, more than a machine has memory


def make_fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def make_loop(path: Path) -> Path:
    path.symlink_to(path)
    return path


def make_sparse(path: Path) -> Path:
    path.touch()
    try:
        os.truncate(path, HOLE)
    except OSError:
        pytest.skip("no room for a file with a hole")
    return path


def make_sparse_archive(path: Path) -> Path:
    """A hole before a checkpoint that is whole."""
    raw = save(path.with_name("whole.npz")).read_bytes()
    make_sparse(path)
    with path.open("r+b") as file:
        file.seek(HOLE)
        file.write(raw)
    return path


def make_unreadable(path: Path) -> Path:
    path.touch(mode=0)
    if os.access(path, os.R_OK):
        pytest.skip("whoever runs this may read everything")
    return path


NO_FILES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "nothing": (lambda p: p, "there is no such file"),
    "empty": (lambda p: p.touch() or p, "not a checkpoint"),
    "text": (lambda p: p.write_text("hello") and p, "not a checkpoint"),
    "end": (lambda p: p.write_bytes(END) and p, "not a checkpoint"),
    "folder": (lambda p: p.mkdir() or p, "no best.npz"),
    "pipe": (make_fifo, "not a file"),
    "device": (lambda p: Path("/dev/zero"), "not a file"),
    "null": (lambda p: Path("/dev/null"), "not a file"),
    "loop": (make_loop, "cannot be read"),
    "sparse": (make_sparse, "not a checkpoint"),
    "sparse archive": (make_sparse_archive, "do not fit into the memory"),
    "unreadable": (make_unreadable, "cannot be read"),
    "long name": (lambda p: p.with_name("x" * 5000), "cannot be read"),
    "under a file": (lambda p: p.touch() or p / "x", "cannot be read"),
}


@posix
@pytest.mark.parametrize("case", NO_FILES)
def test_what_is_no_checkpoint_at_all_is_refused(tmp_path: Path, case: str) -> None:
    make, said = NO_FILES[case]
    with cheaply():
        assert said in refusal(make(tmp_path / "some.npz"))


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(CheckpointError, match=r"a\\x00b: no file can have this name"):
        api.load("a\0b")


@posix
def test_a_name_that_a_terminal_would_obey_is_escaped(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        api.load(tmp_path / "a\nb\x1b[2J\u2028\u202e")
    assert str(caught.value).endswith("a\\nb\\x1b[2J\\u2028\\u202e: there is no such file or run"
                                      " directory")  # fmt: skip


COMMANDS = {
    "sample": ("sample", "evil.npz"),
    "score": ("score", "evil.npz", "text.txt"),
    "init-from": ("train", "config.yaml", "--init-from", "evil.npz", "--out", "other"),
}
EVIL = {
    "array": lambda p: changed(p, {"shape": [1]}, "arrays", "\x1b[2J\n"),
    "counter": lambda p: changed(p, -1, "step"),
    "config": lambda p: changed(p, {"\x1b[2J\n": 1, "b": 2}, "config"),
    "size": lambda p: changed(p, 10**9, "config", "model", "num_layers"),
    "half": lambda p: os.truncate(p, p.stat().st_size // 2),
    "format": lambda p: changed(p, 2, "format"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("case", EVIL)
def test_a_command_says_it_in_one_line_and_exits_with_4(charrnn, command: str, case: str) -> None:
    Path("text.txt").write_text(TEXT)
    Path("config.yaml").write_text(CONFIG)
    EVIL[case](save(Path("evil.npz")))
    ran = charrnn(*COMMANDS[command])
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("error: evil.npz: ")
    assert ran.err.count("\n") == 1
    assert ran.err[:-1].isprintable()
