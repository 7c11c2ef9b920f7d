"""A checkpoint file: arrays by name and a JSON header that vouches for each of them, in one `.npz`.

    header          uint8: UTF-8 JSON. Under "arrays": the shape, dtype and SHA-256 of every array
    params/<name>   the weights
    slots/<name>    what the optimizer remembers
    best/<name>     the weights of the lowest validation loss, where they are not params
    state/<k>/<n>   the carried state of layer k, in the middle of an epoch

There is no pickle in it, and `numpy.load(path, allow_pickle=False)` reads it. What is damaged,
incomplete or of another format is refused, in memory bounded by the file's own size.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn.errors import CheckpointError
from charrnn.files import open_regular, write_atomically

FORMAT = 1
DTYPES = ("float32", "float64")
HEADER_BYTES = 64 * 2**20


class Checkpoint(NamedTuple):
    """What a file holds: JSON values, and arrays by name."""

    header: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def write_checkpoint(path: Path, header: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write a checkpoint atomically. The same content gives the same bytes. Raises OSError."""
    listed = {name: _describe(array) for name, array in arrays.items()}
    document = {"format": FORMAT, **header, "arrays": listed}
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    members = {"header": np.frombuffer(text.encode("utf-8"), np.uint8), **arrays}
    archive = io.BytesIO()  # an archive on a disk that fills up would be closed with complaints
    np.savez(archive, **members)
    write_atomically(path, lambda file: file.write(archive.getbuffer()))


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint and verify all of it. Raises CheckpointError, which names the file."""
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            header = _read_header(archive)
            members = {info.filename: info for info in archive.infolist()}
            if set(members) != {f"{name}.npy" for name in ("header", *header["arrays"])}:
                raise CheckpointError("its arrays are not those that its header lists")
            arrays = {
                name: _read_array(archive, name, described)
                for name, described in header["arrays"].items()
            }
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    except FileNotFoundError:
        raise CheckpointError(f"{path}: there is no such file") from None
    except zipfile.BadZipFile as error:
        raise CheckpointError(f"{path}: not a checkpoint, or a damaged one ({error})") from None
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (ValueError, KeyError, TypeError, NotImplementedError, RuntimeError, EOFError) as error:
        raise CheckpointError(f"{path}: damaged, or not a checkpoint ({error})") from None
    return Checkpoint(header, arrays)


def _describe(array: NDArray[Any]) -> dict[str, Any]:
    digest = hashlib.sha256(array.tobytes()).hexdigest()
    return {"shape": list(array.shape), "dtype": array.dtype.name, "sha256": digest}


def _read_header(archive: zipfile.ZipFile) -> dict[str, Any]:
    raw = _read_member(archive, "header", HEADER_BYTES)
    header = json.loads(raw[_data_offset(raw) :].decode("utf-8"))
    if not isinstance(header, dict) or not isinstance(header.get("arrays"), dict):
        raise CheckpointError("its header is not that of a checkpoint")
    if header.get("format") != FORMAT:
        raise CheckpointError(
            f"its format is {header.get('format')!r}, this version of charrnn reads {FORMAT}"
        )
    return header


def _read_array(archive: zipfile.ZipFile, name: str, described: Any) -> NDArray[Any]:
    """The array `name`, of exactly the shape, dtype and content that the header promises."""
    shape, dtype = tuple(described["shape"]), described["dtype"]
    if dtype not in DTYPES or not all(type(n) is int and n >= 0 for n in shape):
        raise CheckpointError(f"array {name!r} has an impossible shape or dtype in the header")
    size = prod(shape) * np.dtype(dtype).itemsize
    raw = _read_member(archive, name, size + 4096)
    body = raw[_data_offset(raw) :]
    if len(body) != size or hashlib.sha256(body).hexdigest() != described["sha256"]:
        raise CheckpointError(f"array {name!r} is not what the header says")
    array = np.frombuffer(bytearray(body), dtype).reshape(shape)
    if not np.isfinite(array).all():
        raise CheckpointError(f"array {name!r} holds numbers that are not finite")
    return array


def _read_member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    info = archive.getinfo(f"{name}.npy")
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > limit:
        raise CheckpointError(f"array {name!r} is compressed or larger than it can be")
    return archive.read(info)


def _data_offset(raw: bytes) -> int:
    """Where the numbers begin in a `.npy` file: after magic, version and a padded header."""
    if raw[:6] != b"\x93NUMPY" or raw[6] != 1:
        raise CheckpointError("one of its members is not an array in NumPy's format 1")
    return 10 + int.from_bytes(raw[8:10], "little")
