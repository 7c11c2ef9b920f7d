"""A checkpoint file: one `.npz` with named arrays and a JSON header with a SHA-256 for each array.

The array `header`, of type uint8, is UTF-8 JSON; `training.snapshot` names the others. The file
contains no pickle, and `numpy.load(path, allow_pickle=False)` reads it. A file that is damaged,
incomplete or of another format is refused; nothing in a file is ever executed.
"""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn.errors import CheckpointError
from charrnn.storage.archive import Archive, bytes_of, write_archive
from charrnn.storage.files import write_atomically
from charrnn.storage.header import MOST_BYTES, Counter, dump_header, parse_header
from charrnn.terminal import one_line, shortened

LONGEST_REASON = 500  # characters, in a message


class Checkpoint(NamedTuple):
    """The contents of a checkpoint file: JSON values and named arrays."""

    header: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def write_checkpoint(path: Path, header: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write a checkpoint atomically. The same content gives the same bytes. Raises OSError."""
    raw = dump_header(header, {name: _describe(array) for name, array in arrays.items()})
    archive = io.BytesIO()  # on a full disk, ZipFile would fail a second time when it is closed
    write_archive(archive, {"header": np.frombuffer(raw, np.uint8), **arrays})
    write_atomically(path, lambda file: file.write(archive.getbuffer()))


def read_verified(path: Path, counters: Mapping[str, Counter]) -> Checkpoint:
    """Read a checkpoint and verify its header, with these `counters`, and every array.

    Raises CheckpointError, which names the file.
    """
    try:
        with Archive(path) as archive:
            header = parse_header(archive.read_bytes("header", MOST_BYTES), counters)
            if archive.names != ["header", *header["arrays"]]:
                raise CheckpointError("its arrays are not the ones that its header lists")
            arrays = {
                name: _read_array(archive, name, description)
                for name, description in header["arrays"].items()
            }
    except CheckpointError as error:
        raise refusal(path, error) from None
    except FileNotFoundError:
        raise refusal(path, "there is no such file or run directory") from None
    except OSError as error:
        raise refusal(path, f"cannot be read ({error.strerror or error})") from None
    except MemoryError:
        raise refusal(path, "does not fit into memory") from None
    return Checkpoint(header, arrays)


def refusal(path: Path, reason: object) -> CheckpointError:
    """A CheckpointError of one printable line: the file and the reason, which may quote it."""
    return CheckpointError(one_line(f"{path}: {shortened(str(reason), LONGEST_REASON)}"))


def _describe(array: NDArray[Any]) -> dict[str, Any]:
    return {"shape": list(array.shape), "dtype": array.dtype.name, "sha256": _digest(array)}


def _digest(array: NDArray[Any]) -> str:
    """SHA-256 of the numbers in the layout of the file: row by row, little-endian."""
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return hashlib.sha256(bytes_of(plain).data).hexdigest()


def _read_array(archive: Archive, name: str, description: Mapping[str, Any]) -> NDArray[Any]:
    """The array `name`. Raises CheckpointError unless it fits its description."""
    array = archive.read(name, np.dtype(description["dtype"]), tuple(description["shape"]))
    if _digest(array) != description["sha256"]:
        raise CheckpointError(f"array {name!r} does not match its SHA-256 in the header")
    if not np.isfinite(array).all():
        raise CheckpointError(f"array {name!r} holds numbers that are not finite")
    return array
