"""An array of codes in a file, read on demand, with detection of changes to the file.

A memory map would be simpler, but if the file were truncated, a signal would end the process. Here
a file that was truncated or written to raises an ordinary error.
"""

import os
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias, overload

import numpy as np

from charrnn.errors import DataError
from charrnn.nn.arrays import Ids

GAP = 4096  # codes; merge reads that are closer than this
BINARY = getattr(os, "O_BINARY", 0)  # Windows only


class Stored:
    """A one-dimensional array in a file. A slice without step is a view; index arrays are read.

    Raises DataError if the file has changed since it was opened.
    """

    def __init__(self, file: "_File", dtype: np.dtype[Any], offset: int, size: int) -> None:
        self.file, self.dtype, self.offset, self.size = file, dtype, offset, size

    @classmethod
    def open(cls, path: Path, dtype: np.dtype[Any], offset: int, size: int) -> "Stored":
        """`size` codes from byte `offset` on. Raises OSError."""
        return cls(_File(path), dtype, offset, size)

    def __len__(self) -> int:
        return self.size

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Ids:
        return self._read(0, self.size).astype(dtype or self.dtype, copy=False)

    @overload
    def __getitem__(self, where: slice) -> "Stored": ...
    @overload
    def __getitem__(self, where: Ids) -> Ids: ...
    def __getitem__(self, where: "slice | Ids") -> "Stored | Ids":
        if isinstance(where, slice):
            start, stop, _ = where.indices(self.size)
            at = self.offset + start * self.dtype.itemsize
            return Stored(self.file, self.dtype, at, max(0, stop - start))
        positions, inverse = np.unique(where, return_inverse=True)
        codes = np.empty(len(positions), self.dtype)
        ends = np.append(np.flatnonzero(np.diff(positions) > GAP) + 1, len(positions))
        begin = 0
        for end in ends.tolist():
            run = positions[begin:end]
            if len(run):
                first = int(run[0])
                codes[begin:end] = self._read(first, int(run[-1]) + 1)[run - first]
            begin = end
        return codes[inverse].reshape(where.shape)

    def _read(self, start: int, stop: int) -> Ids:
        size = self.dtype.itemsize
        raw = self.file.read(self.offset + start * size, (stop - start) * size)
        return np.frombuffer(raw, self.dtype)


class _File:
    """An open file that must not change."""

    def __init__(self, path: Path) -> None:
        self.path, self.lock = path, Lock()
        self.descriptor = os.open(path, os.O_RDONLY | BINARY)
        self.status = self._current_status()

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)

    def read(self, at: int, size: int) -> bytes:
        """`size` bytes from offset `at` on. Raises DataError if the file has changed."""
        try:
            raw = self._read(at, size)
            if len(raw) == size and self._current_status() == self.status:
                return raw
            reason = "it was changed while it was in use"
        except OSError as error:
            reason = str(error.strerror)
        raise DataError(f"{self.path}: the encoded text cannot be read ({reason})") from None

    def _read(self, at: int, size: int) -> bytes:
        pieces = []
        while size > 0:
            piece = self._read_some(at, size)
            if not piece:
                break
            pieces.append(piece)
            at, size = at + len(piece), size - len(piece)
        return b"".join(pieces)

    def _read_some(self, at: int, size: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self.descriptor, size, at)
        with self.lock:  # Windows reads at the file position, which all threads share
            os.lseek(self.descriptor, at, os.SEEK_SET)
            return os.read(self.descriptor, size)

    def _current_status(self) -> tuple[int, int]:
        status = os.fstat(self.descriptor)
        return status.st_size, status.st_mtime_ns


EncodedText: TypeAlias = Ids | Stored
