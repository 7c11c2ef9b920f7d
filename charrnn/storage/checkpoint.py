"""A checkpoint file: arrays by name and a JSON header with a SHA-256 of each, in one `.npz`.

The array `header`, of type uint8, is UTF-8 JSON; `training.snapshot` names the others.
There is no pickle in it, and `numpy.load(path, allow_pickle=False)` reads it. A file that is
damaged, incomplete or of another format is refused; nothing in a file is ever executed.
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

LONGEST = 500  # of the reason in a message


class Checkpoint(NamedTuple):
    """What a file holds: JSON values, and arrays by name."""

    header: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def write_checkpoint(path: Path, header: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write a checkpoint atomically. The same content gives the same bytes. Raises OSError."""
    raw = dump_header(header, {name: _describe(array) for name, array in arrays.items()})
    archive = io.BytesIO()  # an archive on a disk that fills up would be closed with complaints
    write_archive(archive, {"header": np.frombuffer(raw, np.uint8), **arrays})
    write_atomically(path, lambda file: file.write(archive.getbuffer()))


def read_verified(path: Path, counters: Mapping[str, Counter]) -> Checkpoint:
    """Read a checkpoint and verify all of it, its header with these `counters`.

    Raises CheckpointError, which names the file.
    """
    try:
        with Archive(path) as archive:
            header = parse_header(archive.read_bytes("header", MOST_BYTES), counters)
            if archive.names != ["header", *header["arrays"]]:
                raise CheckpointError("its arrays are not those that its header lists")
            arrays = {
                name: _read_array(archive, name, described)
                for name, described in header["arrays"].items()
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


def refusal(path: Path, why: object) -> CheckpointError:
    """The error that names the file, in one line, whatever the file had to say."""
    return CheckpointError(one_line(f"{path}: {shortened(str(why), LONGEST)}"))


def _describe(array: NDArray[Any]) -> dict[str, Any]:
    return {"shape": list(array.shape), "dtype": array.dtype.name, "sha256": _digest(array)}


def _digest(array: NDArray[Any]) -> str:
    """SHA-256 of the numbers, row by row, as the file has them."""
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return hashlib.sha256(bytes_of(plain).data).hexdigest()


def _read_array(archive: Archive, name: str, described: Mapping[str, Any]) -> NDArray[Any]:
    """The array `name`, of exactly the shape, dtype and content that the header promises."""
    array = archive.read(name, np.dtype(described["dtype"]), tuple(described["shape"]))
    if _digest(array) != described["sha256"]:
        raise CheckpointError(f"array {name!r} is not what the header says")
    if not np.isfinite(array).all():
        raise CheckpointError(f"array {name!r} holds numbers that are not finite")
    return array
