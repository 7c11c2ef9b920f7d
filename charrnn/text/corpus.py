"""The encoded text: numbers, a long text's on disk, so that its size does not matter.

A code is the number of a symbol among all that occur in the text. A model's vocabulary is a small
table from that alphabet to its own ids, so one file serves every vocabulary.

The file is a cache under a name made of the content's SHA-256 and the text's format. The digest is
taken anew each time, from the files as they are, so what is found can never be stale; what is
found damaged, also in a single code, is made again; and any of it may be deleted at any time.
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
from typing import BinaryIO, TypeAlias

from charrnn.errors import DataError
from charrnn.nn.arrays import Ids
from charrnn.storage.files import write_atomically
from charrnn.text.encoded import load_encoded, write_encoded
from charrnn.text.read import TextFormat, read_symbols
from charrnn.text.source import Source, digest_of
from charrnn.text.stored import EncodedText
from charrnn.text.vocab import count_symbols

PASSES = 3  # over a text that is not in the cache: digest, count, encode

Progress: TypeAlias = Callable[[int, int], object]  # bytes read, of how many at most


@dataclass(frozen=True)
class Corpus:
    """A text as codes, the numbers of its symbols in its own alphabet."""

    codes: EncodedText  # (n,), uint8, uint16 or uint32
    symbols: Ids  # (A,), the alphabet: code points or bytes, sorted
    counts: Ids  # (A,)
    sha256: str  # of the raw bytes of its files
    source: Source  # those files

    @property
    def characters(self) -> int:
        """How many symbols the text has."""
        return len(self.codes)


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
    advance, source = _meter(paths, on_progress), Source(paths)
    with suppress(OSError, ValueError):
        return _corpus(_file(cache, digest_of(paths, Metered(advance)), form), source)
    survey = count_symbols(paths, form, Metered(advance))
    file = _file(cache, survey.sha256, form)

    def encode(out: BinaryIO) -> None:
        again = Metered(advance)
        written = write_encoded(out, file.stem, read_symbols(paths, form, again), survey)
        if again.hexdigest() != survey.sha256 or written != survey.characters:
            raise DataError(f"{', '.join(map(str, paths))}: the text changed while it was read")

    try:
        cache.mkdir(parents=True, exist_ok=True)
        write_atomically(file, encode)
        return _corpus(file, source)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(
            f"{cache}: the encoded text cannot be kept there ({why}); set CHARRNN_CACHE to a folder"
            " with room for it"
        ) from None


def _corpus(file: Path, source: Source) -> Corpus:
    """What is in the file. Raises OSError or ValueError for one that is not ours, or not whole."""
    encoded = load_encoded(file)
    source.sha256 = encoded.sha256
    return Corpus(*encoded, source=source)


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
