"""The archive of a checkpoint: named arrays in an uncompressed .npz, read as untrusted input.

Zip and .npy allow many encodings of the same content. This module writes exactly one, identical on
every machine, and reads no other; `numpy.load` reads it too. Every size that a file claims is
compared with the size of the file before memory is allocated, so reading needs little more memory
than the arrays themselves.
"""

import io
import os
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import inf, prod
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from charrnn.errors import CheckpointError
from charrnn.nn.arrays import Shape
from charrnn.storage.files import NotRegularError, check_regular

SUFFIX = ".npy"
PREAMBLE = 128  # bytes before the numbers of a member
AT_ONCE = 4 * 2**20  # largest single read in bytes, which also limits the table of contents
UNIX = 3

# The zipfile module raises all of these for damaged bytes, not only BadZipFile.
DAMAGE = (
    zipfile.BadZipFile,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    ArithmeticError,
)


def write_archive(file: BinaryIO, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write `arrays` in their order, row by row, little-endian. Raises OSError."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            info = zipfile.ZipInfo(name + SUFFIX)
            info.create_system = UNIX
            with archive.open(info, "w", force_zip64=True) as member:
                member.write(preamble(plain.dtype.str, plain.shape))
                member.write(bytes_of(plain).data)


def bytes_of(array: NDArray[Any]) -> NDArray[np.uint8]:
    """The memory of a contiguous array, as a vector."""
    return array.reshape(-1).view(np.uint8)


def preamble(dtype: str, shape: Shape) -> bytes:
    """The .npy header of an array, format 1.0 (NEP 1), byte for byte as NumPy writes it.

    It has PREAMBLE bytes for every shape that an array can have, and more for longer shapes.
    """
    description = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}, }}"
    magic = b"\x93NUMPY\x01\x00" + struct.pack("<H", PREAMBLE - 10)
    return magic + description.encode().ljust(PREAMBLE - 11) + b"\n"


class Archive:
    """An archive open for reading: its names, and each array by expected type and shape.

    Raises CheckpointError, without the name of the file, and OSError.
    """

    def __init__(self, path: Path) -> None:
        _check_regular(path)
        self._file = _BoundedReads(path)
        try:
            with _damage_as_checkpoint_error():
                self._zip = zipfile.ZipFile(self._file)
            self._members = {info.filename: info for info in self._zip.infolist()}
            self._check_members()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def names(self) -> list[str]:
        """The names of the arrays in the order of the file, duplicates included."""
        return [info.filename.removesuffix(SUFFIX) for info in self._zip.infolist()]

    def read_bytes(self, name: str, most: int) -> bytes:
        """The bytes of a uint8 vector. Raises CheckpointError if there are more than `most`."""
        size = self._member(name).file_size - PREAMBLE
        if not 0 <= size <= most:
            raise CheckpointError(f"its {name} has {size:,} bytes; expected at most {most:,}")
        return self.read(name, np.dtype(np.uint8), (size,)).tobytes()

    def read(self, name: str, dtype: np.dtype[Any], shape: Shape) -> NDArray[Any]:
        """A new array of this type and shape. Raises CheckpointError if the file has another."""
        info, stored = self._member(name), dtype.newbyteorder("<")
        expected = preamble(stored.str, shape)
        if info.file_size != len(expected) + prod(shape) * dtype.itemsize:
            raise CheckpointError(f"array {name!r} does not have the size of shape {shape}")
        array = np.empty(shape, stored)
        with _damage_as_checkpoint_error(), self._zip.open(info) as member:
            if member.read(len(expected)) != expected:
                raise CheckpointError(f"array {name!r} is not {dtype.name} of shape {shape}")
            _fill(bytes_of(array), member)
        return array.astype(dtype, copy=False)

    def _member(self, name: str) -> zipfile.ZipInfo:
        info = self._members.get(name + SUFFIX)
        if info is None:
            raise CheckpointError(f"it has no array {name!r}")
        return info

    def _check_members(self) -> None:
        members = self._zip.infolist()
        if any(info.compress_type != zipfile.ZIP_STORED for info in members):
            raise CheckpointError("its arrays are compressed; those of a checkpoint never are")
        claimed, actual = sum(info.file_size for info in members), self._file.size
        if claimed > actual:
            raise CheckpointError(
                f"its arrays claim {claimed:,} bytes, but the file has only {actual:,}"
            )
        if actual > _physical_memory():
            raise CheckpointError(
                f"its {actual:,} bytes do not fit into the memory of this machine"
            )


def _check_regular(path: Path) -> None:
    try:
        check_regular(path)
    except NotRegularError:
        raise CheckpointError("not a file") from None
    except ValueError:
        raise CheckpointError("no file can have this name") from None


class _BoundedReads(io.FileIO):
    """A file that refuses reads of more than AT_ONCE bytes: zipfile trusts sizes in the file."""

    @property
    def size(self) -> int:
        return os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        rest = self.size - self.tell()
        if (rest if size is None or size < 0 else size) > AT_ONCE:
            raise CheckpointError("its table of contents is damaged, or too long")
        return super().read(size)


def _fill(memory: NDArray[np.uint8], member: Any) -> None:
    for start in range(0, len(memory), AT_ONCE):
        part = memory[start : start + AT_ONCE]
        data = member.read(len(part))
        if len(data) != len(part):
            raise EOFError("the file ends too early")
        part[:] = np.frombuffer(data, np.uint8)


def _physical_memory() -> float:
    """Bytes of memory in this machine; infinite if the system does not report it."""
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", ()):
        return inf
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return size if size > 0 else inf


@contextmanager
def _damage_as_checkpoint_error() -> Iterator[None]:
    """Turn every error that zipfile raises for damaged bytes into a CheckpointError."""
    try:
        yield
    except DAMAGE as error:
        raise CheckpointError(f"damaged, or not a checkpoint ({error})") from None
