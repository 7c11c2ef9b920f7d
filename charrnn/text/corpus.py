"""The corpus: a text encoded as integers, kept on disk if it is long, so that any size fits.

A code is the index of a symbol in the sorted alphabet of the text. A vocabulary maps this alphabet
to the ids of a model, so the same encoded file serves all vocabularies.

The encoded file is in a cache, under a name derived from the SHA-256 of the content and the text
format. The digest is computed from the files each time, so a cached file is never stale. A damaged
file, even by a single code, is replaced. The cache may be deleted at any time.
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

Progress: TypeAlias = Callable[[int, int], object]  # bytes read so far, largest possible total


@dataclass(frozen=True)
class Corpus:
    """An encoded text with its alphabet and its files."""

    codes: EncodedText  # (n,), uint8, uint16 or uint32, indices into `symbols`
    symbols: Ids  # (A,), the alphabet: sorted code points or bytes
    counts: Ids  # (A,), the number of occurrences of each symbol
    sha256: str  # of the raw bytes of the files
    source: Source  # the files

    @property
    def characters(self) -> int:
        """Number of symbols in the text."""
        return len(self.codes)


class Metered:
    """A SHA-256 that reports the number of bytes of each update to `advance`."""

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
    """The encoded text of the files, from the folder `cache`; a new text is encoded and added.

    A cached text is read once, a new text three times; `on_progress` is called after each block.
    Raises DataError if a file cannot be read or changes meanwhile, or `cache` cannot be written.
    """
    advance, source = _meter(paths, on_progress), Source(paths)
    with suppress(OSError, ValueError):
        return _corpus(_file(cache, digest_of(paths, Metered(advance)), form), source)
    survey = count_symbols(paths, form, Metered(advance))
    file = _file(cache, survey.sha256, form)

    def encode(out: BinaryIO) -> None:
        digest = Metered(advance)
        written = write_encoded(out, file.stem, read_symbols(paths, form, digest), survey)
        if digest.hexdigest() != survey.sha256 or written != survey.characters:
            raise DataError(
                f"{', '.join(map(str, paths))}: the text changed while it was read",
                "try again when no program writes to it",
            )

    try:
        cache.mkdir(parents=True, exist_ok=True)
        write_atomically(file, encode)
        return _corpus(file, source)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{cache}: the encoded text cannot be stored there ({reason})",
            "set CHARRNN_CACHE to a folder with enough space",
        ) from None


def _corpus(file: Path, source: Source) -> Corpus:
    """The corpus in a cached file. Raises OSError, or ValueError for a damaged or foreign file."""
    encoded = load_encoded(file)
    source.sha256 = encoded.sha256
    return Corpus(*encoded, source=source)


def default_cache() -> Path:
    """The cache folder for encoded texts: $CHARRNN_CACHE, or the cache folder of the system.

    Raises DataError if there is neither.
    """
    if folder := os.environ.get("CHARRNN_CACHE"):
        return Path(folder)
    if sys.platform == "win32":
        return _folder("LOCALAPPDATA", "AppData/Local") / "charrnn" / "cache"
    if sys.platform == "darwin":
        return _folder("", "Library/Caches") / "charrnn"
    return _folder("XDG_CACHE_HOME", ".cache") / "charrnn"


def split_stops(characters: int, split: Sequence[float]) -> list[int]:
    """The ends of the parts of a contiguous split, rounded down; the last is `characters`."""
    shares = [share + 1e-9 for share in accumulate(split[:-1])]  # 0.7 + 0.1 is below 0.8
    return [min(int(share * characters), characters) for share in shares] + [characters]


def _meter(paths: Sequence[Path], on_progress: Progress | None) -> Callable[[int], None]:
    """A function that adds up the bytes of all passes and calls `on_progress` with the sum."""
    done, total = 0, PASSES * sum(path.stat().st_size for path in paths if path.exists())

    def advance(read: int) -> None:
        nonlocal done
        done = min(done + read, total)  # a file may grow meanwhile
        if on_progress:
            on_progress(done, total)

    return advance


def _folder(variable: str, in_home: str) -> Path:
    """The folder in an environment variable, or a default in the home folder."""
    if value := os.environ.get(variable):
        return Path(value)
    try:
        return Path.home() / in_home
    except RuntimeError:
        raise DataError(
            "there is no home folder for the cache of encoded texts",
            "set CHARRNN_CACHE to a folder",
        ) from None


def _file(cache: Path, sha256: str, form: TextFormat) -> Path:
    """The path of the cached file of a text with this digest and format."""
    format_text = json.dumps(asdict(form) if form.level == "char" else form.level)
    return cache / f"{sha256}-{hashlib.sha256(format_text.encode()).hexdigest()[:16]}.ids"
