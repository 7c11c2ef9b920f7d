"""The file of an encoded text: a header and its check, the codes, and the codes' check.

A short text is read whole; the codes of a long one stay on disk. Either way what is read is what
was written, or it is refused: at the beginning by the checks, later by what `Stored` sees.
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
SHORT = 2**26  # bytes of codes that are read into memory
CHECKED = 2**22  # codes that are checked at a time


class Encoded(NamedTuple):
    """What a file holds."""

    codes: EncodedText
    symbols: Ids
    counts: Ids
    sha256: str


def write_encoded(out: BinaryIO, name: str, blocks: Iterable[Symbols], survey: Survey) -> int:
    """Write the file that is called `name`; gives the number of codes."""
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
    """Open the file. Raises OSError or ValueError for one that is not ours, or not whole."""
    with open_regular(path) as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError("not an encoded text")
        check, line = file.read(CHECK_SIZE), file.readline()
        offset = file.tell()
        if check != _check(line):
            raise ValueError("not the header that was written")
        values = json.loads(line)
        dtype, n = np.dtype(values["dtype"]), values["characters"]
        end = offset + n * dtype.itemsize
        if values["name"] != path.stem or path.stat().st_size != end + CHECK_SIZE:
            raise ValueError("not this text, or not all of it")
        file.seek(end)
        check = file.read()
    codes: EncodedText = Stored.open(path, dtype, offset, n)
    if n * dtype.itemsize <= SHORT:
        codes = np.asarray(codes)
    if check != _check_of(codes):
        raise ValueError("not the codes that were written")
    symbols, counts = (np.array(values[k], np.int64) for k in ("symbols", "counts"))
    return Encoded(codes, symbols, counts, values["sha256"])


def _encoded(symbols: Symbols, table: Ids) -> Ids:
    codes = np.empty(symbols.shape, table.dtype)
    for k in range(0, len(symbols), AT_ONCE):
        # No index is out of range; but to be sure of it, NumPy would write to a buffer first.
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
    for k in range(0, len(codes), CHECKED):
        digest.update(np.asarray(codes[k : k + CHECKED]).data)
    return _hex(digest)


def _hex(digest: "hashlib._Hash") -> bytes:
    return digest.hexdigest().encode() + b"\n"
