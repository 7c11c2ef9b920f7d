"""Arrays by name in an uncompressed .npz, which is read as a stranger's.

Zip and .npy leave many ways to say one thing. Here one is written, on every machine the same, and
read; `numpy.load` reads it too. Nothing that a file says of a size is believed before it has been
compared with the size of the file, so reading takes the memory of the arrays once, and little more.
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
AT_ONCE = 4 * 2**20  # bytes: of a member, and of all that the archive says of its members
UNIX = 3

# What the zipfile module raises for bytes that it cannot read, beside the error that it has for it.
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
    """What stands before the numbers of an array, in format 1.0 of .npy (NEP 1) and NumPy's words.

    Longer than PREAMBLE if the shape has more to say than that of any array.
    """
    words = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}, }}"
    magic = b"\x93NUMPY\x01\x00" + struct.pack("<H", PREAMBLE - 10)
    return magic + words.encode().ljust(PREAMBLE - 11) + b"\n"


class Archive:
    """An open file: which arrays it holds, and each of them, if it is what is expected.

    Raises CheckpointError, which does not name the file, and OSError.
    """

    def __init__(self, path: Path) -> None:
        _check_regular(path)
        self._file = _Sparing(path)
        try:
            with _told_damage():
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
        """The arrays in their order, each as often as it is there."""
        return [info.filename.removesuffix(SUFFIX) for info in self._zip.infolist()]

    def read_bytes(self, name: str, most: int) -> bytes:
        """An array of at most so many bytes, of whatever length."""
        size = self._member(name).file_size - PREAMBLE
        if not 0 <= size <= most:
            raise CheckpointError(f"its {name} has {size:,} bytes; expected at most {most:,}")
        return self.read(name, np.dtype(np.uint8), (size,)).tobytes()

    def read(self, name: str, dtype: np.dtype[Any], shape: Shape) -> NDArray[Any]:
        """The array of this type and shape, in memory of its own."""
        info, stored = self._member(name), dtype.newbyteorder("<")
        expected = preamble(stored.str, shape)
        if info.file_size != len(expected) + prod(shape) * dtype.itemsize:
            raise CheckpointError(f"array {name!r} does not have the size of shape {shape}")
        array = np.empty(shape, stored)
        with _told_damage(), self._zip.open(info) as member:
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
            raise CheckpointError("its arrays are compressed, which a checkpoint's are not")
        told, real = sum(info.file_size for info in members), self._file.size
        if told > real:
            raise CheckpointError(f"its arrays take {told:,} bytes, and the file has {real:,}")
        if real > _memory():
            raise CheckpointError(f"its {real:,} bytes do not fit into the memory of this machine")


def _check_regular(path: Path) -> None:
    try:
        check_regular(path)
    except NotRegularError:
        raise CheckpointError("not a file") from None
    except ValueError:
        raise CheckpointError("no file can have this name") from None


class _Sparing(io.FileIO):
    """A file of which little is read at once, whoever asks for more."""

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
            raise EOFError("it ends too early")
        part[:] = np.frombuffer(data, np.uint8)


def _memory() -> float:
    """Bytes of the machine, where it tells."""
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", ()):
        return inf
    told = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return told if told > 0 else inf


@contextmanager
def _told_damage() -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise CheckpointError(f"damaged, or not a checkpoint ({error})") from None
