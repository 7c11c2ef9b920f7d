"""Files: regular ones alone, and whole ones, whatever happens while they are written."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO


class NotRegularError(OSError):
    """What a path leads to is there, but it is no regular file."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read. Raises OSError, NotRegularError for a folder, a pipe or a device.

    Opening a pipe would wait for a writer, and a device need not end, so what there is is asked
    first.
    """
    _check_regular(path)
    return path.open("rb")


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in the place of `path`.

    The bytes are on the disk before the name is, and the name before this returns. If anything
    fails, `path` is what it was and the temporary file is gone. A link stays one: what it leads to
    is replaced. Raises OSError, NotRegularError where a folder, a pipe or a device is in the way.
    """
    path = Path(os.path.realpath(path))
    with suppress(FileNotFoundError):
        _check_regular(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically. Raises OSError."""
    write_atomically(path, lambda file: file.write(text.encode("utf-8")))


def _check_regular(path: Path) -> None:
    if not stat.S_ISREG(path.stat().st_mode):
        raise NotRegularError(errno.EINVAL, "it is not a regular file", str(path))


def _sync_folder(folder: Path) -> None:
    """Put a rename on the disk. Windows has no such call, and needs none."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
