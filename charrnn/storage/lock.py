"""A lock on a folder, held by at most one process and never stale.

The operating system keeps the lock (flock on Linux and macOS, a locked byte on Windows) and
releases it however the process ends, including a kill or a power cut.
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
PAST_THE_END = 2**30  # offset of the locked byte: Windows denies reading it, but not the process id


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock `folder` for this process. Create it if it is missing; remove it if it then stays empty.

    On a file system without locks, nothing is locked. Raises UsageError, without waiting, if
    another process holds the lock, and OSError if the folder cannot be created or written to.
    """
    created = not folder.is_dir()
    descriptor = _acquire(folder)
    try:
        yield
    finally:
        with suppress(OSError):  # on Windows an open file cannot be removed; it does no harm
            (folder / NAME).unlink()
            if created and not any(folder.iterdir()):
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
            with suppress(FileNotFoundError):  # the last holder may have just removed the file
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
