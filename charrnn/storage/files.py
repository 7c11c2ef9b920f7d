"""File input and output: reading regular files only, and atomic, durable writing."""

import errno
import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

LEFTOVER = re.compile(r"\..+\.\d+\.[0-9a-f]{8}\.tmp")
CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP)


class NotRegularError(OSError):
    """The path exists, but is not a regular file."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading. Raises OSError, NotRegularError for a folder, a pipe or a device.

    The type is checked before opening: opening a pipe would wait for a writer, and reading a
    device may never end.
    """
    check_regular(path)
    return path.open("rb")


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a temporary file in the folder of `path`, then rename it to `path`.

    The bytes are on disk before the rename, and the rename is on disk before this returns. After
    any failure, `path` is either the old file or the complete new one, and the temporary file is
    removed; if the process is killed, `remove_leftovers` removes it later. A symbolic link is kept
    and its target replaced. Raises OSError, which names `path`; NotRegularError if `path` is a
    folder, a pipe or a device.
    """
    path = Path(os.path.realpath(path))
    with suppress(FileNotFoundError):
        check_regular(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(path), None
        raise
    sync_folder(path.parent)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content`, atomically. Raises OSError."""
    write_atomically(path, lambda file: file.write(content))


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically. Raises OSError."""
    write_bytes(path, text.encode("utf-8"))


def make_folder(folder: Path) -> None:
    """Create `folder` and its missing parents, and flush their names to disk. Raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that a killed `write_atomically` left in `folder`. Raises OSError.

    The caller must make sure that no other process is writing to the folder.
    """
    for path in folder.glob(".*.tmp"):
        if LEFTOVER.fullmatch(path.name):
            path.unlink(missing_ok=True)


def check_regular(path: Path) -> None:
    """Raise OSError, NotRegularError for a folder, a pipe or a device."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise NotRegularError(errno.EINVAL, "it is not a regular file", str(path))


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to disk (fsync of the directory, which Windows does not have).

    Some network file systems do not support it either; there the rename is as durable as they
    make it.
    """
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in CANNOT_SYNC:
                raise
        finally:
            os.close(descriptor)
