"""The file format of an encoded text: a header and the codes, each with a SHA-256.

The codes of a short text are read into memory; those of a long one stay on disk. A damaged file is
refused by its digests when it is opened, and by `Stored` if it changes later.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.storage.files import open_regular
from charrnn.text.read import Symbols
from charrnn.text.stored import EncodedText, Stored
from charrnn.text.vocab import AT_ONCE, CODE_POINTS, Survey

MAGIC = b"charrnn corpus 3 "  # then the SHA-256 of the second line, in hex, and a newline
CHECK_SIZE = 65
ALIGNMENT = 64
SHORT = 2**26  # bytes; up to this size the codes are read into memory
BLOCK = 2**22  # codes per update of the digest


class Encoded(NamedTuple):
    """The contents of the file."""

    codes: EncodedText
    symbols: Ids
    counts: Ids
    sha256: str


def write_encoded(out: BinaryIO, name: str, blocks: Iterable[Symbols], survey: Survey) -> int:
    """Write the file with the name `name`, and return the number of codes."""
    dtype = np.min_scalar_type(len(survey.symbols) - 1)
    table = np.zeros(CODE_POINTS, dtype)
    table[survey.symbols] = np.arange(len(survey.symbols))
    out.write(_header(survey, dtype, name))
    digest, written = hashlib.sha256(), 0
    for block in blocks:
        codes = _encoded(block, table).data
        out.write(codes)
        digest.update(codes)
        written += len(block)
    out.write(_hex(digest))
    return written


def load_encoded(path: Path) -> Encoded:
    """Open the file and verify it. Raises OSError, or ValueError for a damaged or foreign file."""
    with open_regular(path) as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError("not an encoded text")
        check, line = file.read(CHECK_SIZE), file.readline()
        offset = file.tell()
        if check != _check(line):
            raise ValueError("the header is damaged")
        values = json.loads(line)
        dtype, n = np.dtype(values["dtype"]), values["characters"]
        end = offset + n * dtype.itemsize
        if values["name"] != path.stem or path.stat().st_size != end + CHECK_SIZE:
            raise ValueError("another text, or an incomplete one")
        file.seek(end)
        check = file.read()
    codes: EncodedText = Stored.open(path, dtype, offset, n)
    if n * dtype.itemsize <= SHORT:
        codes = np.asarray(codes)
    if check != _check_of(codes):
        raise ValueError("the codes are damaged")
    symbols, counts = (np.array(values[k], np.int64) for k in ("symbols", "counts"))
    return Encoded(codes, symbols, counts, values["sha256"])


def _encoded(symbols: Symbols, table: Ids) -> Ids:
    codes = np.empty(symbols.shape, table.dtype)
    for k in range(0, len(symbols), AT_ONCE):
        # No index is out of range, so clip changes nothing; the default, raise, needs a buffer.
        np.take(table, symbols[k : k + AT_ONCE], out=codes[k : k + AT_ONCE], mode="clip")
    return codes


def _header(survey: Survey, dtype: np.dtype[Any], name: str) -> bytes:
    values = {
        "name": name,
        "dtype": dtype.name,
        "characters": survey.characters,
        "sha256": survey.sha256,
        "symbols": survey.symbols.tolist(),
        "counts": survey.counts.tolist(),
    }
    line = json.dumps(values).encode()
    line += b" " * (-(len(MAGIC) + CHECK_SIZE + len(line) + 1) % ALIGNMENT) + b"\n"
    return MAGIC + _check(line) + line


def _check(data: bytes) -> bytes:
    return _hex(hashlib.sha256(data))


def _check_of(codes: EncodedText) -> bytes:
    digest = hashlib.sha256()
    for k in range(0, len(codes), BLOCK):
        digest.update(np.asarray(codes[k : k + BLOCK]).data)
    return _hex(digest)


def _hex(digest: "hashlib._Hash") -> bytes:
    return digest.hexdigest().encode() + b"\n"
