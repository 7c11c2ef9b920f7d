"""The files of a text, and whether they are still what was read."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from charrnn.errors import DataError
from charrnn.text.read import Digest, read_bytes


class Source:
    """Files as they are when this is made: their sizes and times, and later their digest."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths, self.sha256 = tuple(paths), ""
        self.seen = self._look()

    def has_changed(self) -> bool:
        """Whether their content is not that of `sha256` any more.

        It is read again only where a size or a time is another.
        """
        now = self._look()
        if now == self.seen:
            return False
        try:
            if digest_of(self.paths) != self.sha256:
                return True
        except DataError:
            return True
        self.seen = now
        return False

    def _look(self) -> list[tuple[int, int, int] | None]:
        return [_look(path) for path in self.paths]


def digest_of(paths: Sequence[Path], digest: Digest | None = None) -> str:
    """The SHA-256 of the raw bytes of the files, in their order; `digest` is a fresh one.

    Raises DataError.
    """
    digest = digest or hashlib.sha256()
    for path in paths:
        for block in read_bytes(path):
            digest.update(block)
    return digest.hexdigest()


def _look(path: Path) -> tuple[int, int, int] | None:
    """Which file it is, how large, and when it was written; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
