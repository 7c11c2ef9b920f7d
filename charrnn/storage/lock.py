"""A lock on a folder: one process has it at a time, and nobody once that process is gone.

The operating system keeps it (flock on Linux and macOS, a locked byte on Windows) and lets go of it
however its holder ends, by a kill or a power cut as well. So it cannot go stale.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from charrnn.errors import UsageError
from charrnn.storage.files import make_folder

NAME = ".lock"
BUSY = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
PAST_THE_END = 2**30  # a locked byte cannot be read on Windows, and the number before it should be


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Have `folder` for this process: made if it is missing, removed if it then stays empty.

    A file system that knows no locks gives none. Raises UsageError, at once, if another process
    has the folder, and OSError where it cannot be made or written to.
    """
    made = not folder.is_dir()
    descriptor = _acquire(folder)
    try:
        yield
    finally:
        with suppress(OSError):  # on Windows the file stays, and does no harm
            (folder / NAME).unlink()
            if made and not any(folder.iterdir()):
                folder.rmdir()
        os.close(descriptor)


def _acquire(folder: Path) -> int:
    """A descriptor that holds the lock until it is closed."""
    while True:
        make_folder(folder)
        path = folder / NAME
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        try:
            _lock(descriptor)
            with suppress(FileNotFoundError):  # its last holder may have just removed it
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    os.truncate(descriptor, 0)
                    os.write(descriptor, f"{os.getpid()}\n".encode())
                    return descriptor
        except OSError as error:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
            os.close(descriptor)
            if error.errno in BUSY:
                raise UsageError(
                    f"{folder}: another training run, process {holder or 'unknown'}, is using this"
                    " folder",
                    "wait for it, stop it, or choose another `output.dir`",
                ) from None
            raise
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, PAST_THE_END, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
