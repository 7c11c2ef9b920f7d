"""The encoded text: numbers in a memory-mapped file, so that its size does not matter.

The ids are of the text's own alphabet, every symbol that occurs in it. A model's vocabulary is a
small table from that alphabet to its own ids, so one file serves every vocabulary.

The file is a cache under a name made of the content's SHA-256 and the text's format. The digest is
taken anew each time, from the files as they are, so what is found can never be stale; what is
found damaged is made again; and any of it may be deleted at any time.
"""

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from charrnn.arrays import Ids
from charrnn.errors import DataError
from charrnn.files import write_atomically
from charrnn.text.read import TextFormat, read_bytes, read_symbols
from charrnn.text.vocab import CODE_POINTS, Survey, count_symbols

MAGIC = b"charrnn corpus 1\n"
ALIGNMENT = 64
COUNT_AT_ONCE = 2**24


@dataclass(frozen=True)
class Corpus:
    """A text as ids of its own alphabet."""

    ids: Ids  # (n,), uint8, uint16 or uint32, on disk
    symbols: Ids  # (A,), the alphabet: code points or bytes, sorted
    counts: Ids  # (A,)
    sha256: str  # of the raw bytes of its files

    @property
    def characters(self) -> int:
        """How many symbols the text has."""
        return len(self.ids)

    def counts_in(self, start: int, stop: int) -> Ids:
        """How often each symbol of the alphabet occurs from `start` to `stop` (A,)."""
        counts = np.zeros(len(self.symbols), np.int64)
        for k in range(start, stop, COUNT_AT_ONCE):
            counts += np.bincount(self.ids[k : min(k + COUNT_AT_ONCE, stop)], minlength=len(counts))
        return counts


def open_corpus(paths: Sequence[Path], form: TextFormat, cache: Path) -> Corpus:
    """The encoded text of the files, from the folder `cache`, or made and put there.

    Raises DataError where a file cannot be read or changes meanwhile, or `cache` not be written.
    """
    path = cache / f"{_key(paths, form)}.ids"
    with suppress(OSError, ValueError, KeyError):
        return _load(path)
    survey = count_symbols(paths, form)
    path = cache / f"{_name(survey.sha256, form)}.ids"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda file: _encode(file, paths, form, survey))
        return _load(path)
    except OSError as error:
        raise DataError(
            f"{cache}: the encoded text cannot be kept there ({error.strerror or error}); set"
            " CHARRNN_CACHE to a folder with room for it"
        ) from None


def default_cache() -> Path:
    """Where encoded texts are kept: $CHARRNN_CACHE, or the system's place for caches."""
    if own := os.environ.get("CHARRNN_CACHE"):
        return Path(own)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "charrnn" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "charrnn"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "charrnn"


def split_stops(characters: int, split: Sequence[float]) -> list[int]:
    """Where the parts of a contiguous split end: rounded down, and the last one at `characters`."""
    shares = [share + 1e-9 for share in accumulate(split[:-1])]  # 0.7 + 0.1 is below 0.8
    return [min(int(share * characters), characters) for share in shares] + [characters]


def _key(paths: Sequence[Path], form: TextFormat) -> str:
    digest = hashlib.sha256()
    for path in paths:
        for block in read_bytes(path):
            digest.update(block)
    return _name(digest.hexdigest(), form)


def _name(sha256: str, form: TextFormat) -> str:
    """The name of a text of this content, read in this way."""
    manner = json.dumps(asdict(form) if form.level == "char" else form.level)
    return f"{sha256}-{hashlib.sha256(manner.encode()).hexdigest()[:16]}"


def _encode(file: BinaryIO, paths: Sequence[Path], form: TextFormat, survey: Survey) -> None:
    """Write header and ids. Raises DataError if the text is no longer what was counted."""
    dtype = np.min_scalar_type(len(survey.symbols) - 1)
    table = np.zeros(CODE_POINTS, dtype)
    table[survey.symbols] = np.arange(len(survey.symbols))
    file.write(_header(survey, dtype))
    digest, written = hashlib.sha256(), 0
    for block in read_symbols(paths, form, digest):
        file.write(table[block].data)
        written += len(block)
    if digest.hexdigest() != survey.sha256 or written != survey.characters:
        raise DataError(f"{', '.join(map(str, paths))}: the text changed while it was read")


def _header(survey: Survey, dtype: np.dtype[Any]) -> bytes:
    values = {
        "dtype": dtype.name,
        "characters": survey.characters,
        "sha256": survey.sha256,
        "symbols": survey.symbols.tolist(),
        "counts": survey.counts.tolist(),
    }
    line = MAGIC + json.dumps(values).encode()
    return line + b" " * (-(len(line) + 1) % ALIGNMENT) + b"\n"


def _load(path: Path) -> Corpus:
    """Map the file. Raises OSError, ValueError or KeyError for what is not one of ours, whole."""
    with path.open("rb") as file:
        if file.readline() != MAGIC:
            raise ValueError("not an encoded text")
        values = json.loads(file.readline())
        offset = file.tell()
    dtype, n = np.dtype(values["dtype"]), values["characters"]
    if path.stat().st_size != offset + n * dtype.itemsize:
        raise ValueError("not whole")
    ids = np.memmap(path, dtype, "r", offset, (n,)).view(np.ndarray)
    symbols, counts = (np.array(values[k], np.int64) for k in ("symbols", "counts"))
    return Corpus(ids, symbols, counts, values["sha256"])
