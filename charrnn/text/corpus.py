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
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from charrnn.arrays import Ids
from charrnn.errors import DataError
from charrnn.files import open_regular, write_atomically
from charrnn.text.read import Symbols, TextFormat, read_bytes, read_symbols
from charrnn.text.vocab import AT_ONCE, CODE_POINTS, Survey, count_symbols, tally_

MAGIC = b"charrnn corpus 2 "  # then the SHA-256 of the second line, in hex, and a newline
CHECK_SIZE = 65
ALIGNMENT = 64
PASSES = 3  # over a text that is not in the cache: digest, count, encode

Progress: TypeAlias = Callable[[int, int], object]  # bytes read, of how many at most


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
        tally_(counts, self.ids[start:stop])
        return counts


class Metered:
    """A SHA-256 that tells `advance` how many bytes it is fed."""

    def __init__(self, advance: Callable[[int], object]) -> None:
        self.sha256, self.advance = hashlib.sha256(), advance

    def update(self, data: bytes, /) -> None:
        self.sha256.update(data)
        self.advance(len(data))

    def hexdigest(self) -> str:
        return self.sha256.hexdigest()


def open_corpus(
    paths: Sequence[Path], form: TextFormat, cache: Path, on_progress: Progress | None = None
) -> Corpus:
    """The encoded text of the files, from the folder `cache`, or made and put there.

    What is in the cache is read once, a new text three times: `on_progress` is told after each
    block. Raises DataError where a file cannot be read or changes meanwhile, or `cache` not be
    written.
    """
    advance = _meter(paths, on_progress)
    digest = Metered(advance)
    for path in paths:
        for block in read_bytes(path):
            digest.update(block)
    with suppress(OSError, ValueError):
        return _load(_file(cache, digest.hexdigest(), form))
    survey = count_symbols(paths, form, Metered(advance))
    file = _file(cache, survey.sha256, form)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        write_atomically(file, lambda out: _encode(out, file.stem, paths, form, survey, advance))
        return _load(file)
    except OSError as error:
        raise DataError(
            f"{cache}: the encoded text cannot be kept there ({error.strerror or error}); set"
            " CHARRNN_CACHE to a folder with room for it"
        ) from None


def default_cache() -> Path:
    """Where encoded texts are kept: $CHARRNN_CACHE, or the system's place for caches.

    Raises DataError where there is neither.
    """
    if own := os.environ.get("CHARRNN_CACHE"):
        return Path(own)
    if sys.platform == "win32":
        return _folder("LOCALAPPDATA", "AppData/Local") / "charrnn" / "cache"
    if sys.platform == "darwin":
        return _folder("", "Library/Caches") / "charrnn"
    return _folder("XDG_CACHE_HOME", ".cache") / "charrnn"


def split_stops(characters: int, split: Sequence[float]) -> list[int]:
    """Where the parts of a contiguous split end: rounded down, and the last one at `characters`."""
    shares = [share + 1e-9 for share in accumulate(split[:-1])]  # 0.7 + 0.1 is below 0.8
    return [min(int(share * characters), characters) for share in shares] + [characters]


def _meter(paths: Sequence[Path], on_progress: Progress | None) -> Callable[[int], None]:
    """A function to tell the bytes of every pass to; it adds them up and reports."""
    done, total = 0, PASSES * sum(path.stat().st_size for path in paths if path.exists())

    def advance(read: int) -> None:
        nonlocal done
        done = min(done + read, total)  # a file may grow meanwhile
        if on_progress:
            on_progress(done, total)

    return advance


def _folder(variable: str, in_home: str) -> Path:
    """The folder that an environment variable names, or one in the home folder."""
    if named := os.environ.get(variable):
        return Path(named)
    try:
        return Path.home() / in_home
    except RuntimeError:
        raise DataError(
            "there is no home folder to keep the encoded text in; set CHARRNN_CACHE to a folder"
        ) from None


def _file(cache: Path, sha256: str, form: TextFormat) -> Path:
    """Where a text of this content, read in this way, is kept."""
    manner = json.dumps(asdict(form) if form.level == "char" else form.level)
    return cache / f"{sha256}-{hashlib.sha256(manner.encode()).hexdigest()[:16]}.ids"


def _encode(
    out: BinaryIO,
    name: str,
    paths: Sequence[Path],
    form: TextFormat,
    survey: Survey,
    advance: Callable[[int], None],
) -> None:
    """Write header and ids. Raises DataError if the text is no longer what was counted."""
    dtype = np.min_scalar_type(len(survey.symbols) - 1)
    table = np.zeros(CODE_POINTS, dtype)
    table[survey.symbols] = np.arange(len(survey.symbols))
    out.write(_header(survey, dtype, name))
    digest, written = Metered(advance), 0
    for block in read_symbols(paths, form, digest):
        out.write(_encoded(block, table).data)
        written += len(block)
    if digest.hexdigest() != survey.sha256 or written != survey.characters:
        raise DataError(f"{', '.join(map(str, paths))}: the text changed while it was read")


def _encoded(symbols: Symbols, table: Ids) -> Ids:
    ids = np.empty(symbols.shape, table.dtype)
    for k in range(0, len(symbols), AT_ONCE):
        # No index is out of range; but to be sure of it, NumPy would write to a buffer first.
        np.take(table, symbols[k : k + AT_ONCE], out=ids[k : k + AT_ONCE], mode="clip")
    return ids


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


def _check(line: bytes) -> bytes:
    return hashlib.sha256(line).hexdigest().encode() + b"\n"


def _load(path: Path) -> Corpus:
    """Map the file. Raises OSError or ValueError for one that is not ours, or not whole."""
    with open_regular(path) as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError("not an encoded text")
        check, line = file.read(CHECK_SIZE), file.readline()
        offset = file.tell()
    if check != _check(line):
        raise ValueError("not the header that was written")
    values = json.loads(line)
    dtype, n = np.dtype(values["dtype"]), values["characters"]
    if values["name"] != path.stem or path.stat().st_size != offset + n * dtype.itemsize:
        raise ValueError("not this text, or not all of it")
    ids = np.memmap(path, dtype, "r", offset, (n,)).view(np.ndarray)
    symbols, counts = (np.array(values[k], np.int64) for k in ("symbols", "counts"))
    return Corpus(ids, symbols, counts, values["sha256"])
