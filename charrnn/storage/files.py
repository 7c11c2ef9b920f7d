"""Files: regular ones alone, and whole ones, whatever happens while they are written."""

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
    """What a path leads to is there, but it is no regular file."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read. Raises OSError, NotRegularError for a folder, a pipe or a device.

    Opening a pipe would wait for a writer, and a device need not end, so what there is is asked
    first.
    """
    check_regular(path)
    return path.open("rb")


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in the place of `path`.

    The bytes are on the disk before the name is, and the name before this returns. If anything
    fails, `path` is the old file, or the new one, whole; and the temporary file is gone. A process
    that is killed leaves it to `remove_leftovers`. A link stays one: what it leads to is replaced.
    Raises OSError, which names `path`; NotRegularError where a folder, a pipe or a device is there.
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
    """Make `folder` and those above it, where they are missing, and put their names on the disk.

    Raises OSError.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove what `write_atomically` could not, in `folder`, for it was killed. Raises OSError.

    Only for those who know that nobody writes there now.
    """
    for path in folder.glob(".*.tmp"):
        if LEFTOVER.fullmatch(path.name):
            path.unlink(missing_ok=True)


def check_regular(path: Path) -> None:
    """Raise OSError, NotRegularError for a folder, a pipe or a device."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise NotRegularError(errno.EINVAL, "it is not a regular file", str(path))


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk. Windows has no such call, and needs none.

    Nor have some file systems of other machines; there the name is as safe as they make it.
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
