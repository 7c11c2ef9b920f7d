"""Codes that stay on disk: read where they are wanted, if they are still what was written.

A memory map would do the same with less, and end the process by a signal if the file were cut while
it is mapped. Here a file that was cut, or written to, is an error like any other.
"""

import os
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias, overload

import numpy as np

from charrnn.errors import DataError
from charrnn.nn.arrays import Ids

GAP = 4096  # codes between two that are wanted, for which one reading is cheaper than two
BINARY = getattr(os, "O_BINARY", 0)  # of Windows


class Stored:
    """A one-dimensional array in a file; slices, without steps, are such too, other indices read.

    Raises DataError where the file is no longer what it was when it was opened.
    """

    def __init__(self, file: "_File", dtype: np.dtype[Any], offset: int, size: int) -> None:
        self.file, self.dtype, self.offset, self.size = file, dtype, offset, size

    @classmethod
    def open(cls, path: Path, dtype: np.dtype[Any], offset: int, size: int) -> "Stored":
        """`size` codes that begin at byte `offset`. Raises OSError."""
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
        wanted, places = np.unique(where, return_inverse=True)
        found = np.empty(len(wanted), self.dtype)
        ends = np.append(np.flatnonzero(np.diff(wanted) > GAP) + 1, len(wanted))
        begin = 0
        for end in ends.tolist():
            run = wanted[begin:end]
            if len(run):
                first = int(run[0])
                found[begin:end] = self._read(first, int(run[-1]) + 1)[run - first]
            begin = end
        return found[places].reshape(where.shape)

    def _read(self, start: int, stop: int) -> Ids:
        size = self.dtype.itemsize
        raw = self.file.read(self.offset + start * size, (stop - start) * size)
        return np.frombuffer(raw, self.dtype)


class _File:
    """An open file that is not to change."""

    def __init__(self, path: Path) -> None:
        self.path, self.lock = path, Lock()
        self.descriptor = os.open(path, os.O_RDONLY | BINARY)
        self.seen = self._look()

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)

    def read(self, at: int, size: int) -> bytes:
        """So many bytes from `at` on."""
        try:
            raw = self._read(at, size)
            if len(raw) == size and self._look() == self.seen:
                return raw
            why = "it was changed while it was in use"
        except OSError as error:
            why = str(error.strerror)
        raise DataError(f"{self.path}: the encoded text cannot be read ({why})") from None

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
        with self.lock:  # Windows reads where the file stands, which all who share it move
            os.lseek(self.descriptor, at, os.SEEK_SET)
            return os.read(self.descriptor, size)

    def _look(self) -> tuple[int, int]:
        status = os.fstat(self.descriptor)
        return status.st_size, status.st_mtime_ns


EncodedText: TypeAlias = Ids | Stored
