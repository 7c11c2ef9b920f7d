"""The source files of a text, their digest, and detection of changes."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from charrnn.errors import DataError
from charrnn.text.read import Digest, read_bytes


class Source:
    """Source files, with their status at the time of construction and, once known, their digest."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths, self.sha256 = tuple(paths), ""
        self.statuses = self._current()

    def has_changed(self) -> bool:
        """True if the content no longer matches `sha256`.

        The files are only read again if a size or modification time has changed.
        """
        statuses = self._current()
        if statuses == self.statuses:
            return False
        try:
            if digest_of(self.paths) != self.sha256:
                return True
        except DataError:
            return True
        self.statuses = statuses
        return False

    def _current(self) -> list[tuple[int, int, int] | None]:
        return [_status(path) for path in self.paths]


def digest_of(paths: Sequence[Path], digest: Digest | None = None) -> str:
    """The SHA-256 of the raw bytes of the files in sequence. Raises DataError.

    A given `digest` must be new; it is updated block by block.
    """
    digest = digest or hashlib.sha256()
    for path in paths:
        for block in read_bytes(path):
            digest.update(block)
    return digest.hexdigest()


def _status(path: Path) -> tuple[int, int, int] | None:
    """Inode, size and modification time of a file; None if it does not exist."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
