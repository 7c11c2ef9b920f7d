"""Reading text files as symbols, code points or bytes, in blocks, so that any size fits.

A TextFormat says how bytes become symbols. Reading in blocks gives exactly the symbols of reading
at once, even if a character, a CRLF, or a letter and its accent are split between two blocks.
"""

import codecs
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from io import IncrementalNewlineDecoder
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.errors import DataError, UsageError
from charrnn.storage.files import open_regular
from charrnn.text.normalise import Normaliser

Symbols: TypeAlias = NDArray[np.unsignedinteger[Any]]

BLOCK = 4 * 2**20  # bytes
BOM = "\ufeff"
NON_TEXT_CODECS = frozenset(
    {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}
)


class Digest(Protocol):
    """A hash object of hashlib."""

    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True)
class TextFormat:
    """The conversion of bytes to symbols. At level "byte" the bytes themselves are the symbols.

    Raises UsageError for an encoding that is unknown to Python or not meant for text files.
    """

    level: str = "char"  # or "byte"
    encoding: str = "utf-8"
    lowercase: bool = False
    normalize: str | None = None  # "NFC" or "NFKC", after lowercase
    newlines: str = "lf"  # CRLF and CR become LF; or "keep"

    def __post_init__(self) -> None:
        if not is_encoding(self.encoding):
            raise UsageError(
                f"{self.encoding!r} is not an encoding of text; try utf-8, utf-16, latin-1 or"
                " cp1252"
            )


def is_encoding(name: str) -> bool:
    """True if Python has an encoding for text files with this name."""
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return codec._is_text_encoding and codec.name not in NON_TEXT_CODECS


def find_files(patterns: Sequence[str]) -> tuple[Path, ...]:
    """The files that match `patterns`, names or globs, in this order and without duplicates.

    The name of an existing file is never treated as a glob. In a glob, `**` matches any number of
    folders; its matches are sorted. Raises DataError if a pattern matches no file, or if a match
    cannot be read: a folder, a pipe, a device, a broken link.
    """
    files: dict[Path, None] = {}
    for pattern in patterns:
        literal = os.path.lexists(pattern)
        names = [pattern] if literal else sorted(glob(pattern, recursive=True))
        if not names:
            raise DataError(f"{pattern or repr('')}: there is no such file{_where(pattern)}")
        files |= dict.fromkeys(map(Path, names))
    for path in files:
        _check_readable(path)
    return tuple(files)


def _where(pattern: str) -> str:
    """The end of the message about a pattern without files: a hint, or the folder searched."""
    if Path(pattern).is_absolute():
        return "; name a text file, or a glob like 'books/*.txt'"
    return f"; looked for in the current folder, {Path.cwd().name}/"


def _check_readable(path: Path) -> None:
    """Raise DataError if `path` cannot be read, without opening it: a pipe would block."""
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    if not is_file:
        raise DataError(f"{path}: not a file; name a text file, or a glob like 'books/*.txt'")
    if not os.access(path, os.R_OK):
        raise DataError(f"{path}: cannot be read (Permission denied); allow it with chmod +r")


def read_bytes(path: Path) -> Iterator[bytes]:
    """The raw bytes of a file, in blocks. Raises DataError if it cannot be read."""
    try:
        with open_regular(path) as file:
            while block := file.read(BLOCK):
                yield block
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None


def read_symbols(
    paths: Sequence[Path], form: TextFormat, digest: Digest | None = None
) -> Iterator[Symbols]:
    """The symbols of the files in sequence, in blocks (n,) of code points or bytes.

    A byte-order mark at the start of a file is dropped. `digest` is updated with the raw bytes.
    Raises DataError if a file cannot be read, or, with the position, if it has another encoding.
    """
    if form.level == "byte":
        for path in paths:
            for block in read_bytes(path):
                _update(digest, block)
                yield np.frombuffer(block, np.uint8)
        return
    normaliser = Normaliser(form.lowercase, form.normalize)
    for path in paths:
        for text in _decode(path, form, digest):
            yield code_points(normaliser.feed(text))
    yield code_points(normaliser.finish())


def code_points(text: str) -> Symbols:
    """The code points of `text` (n,), as bytes if it is ASCII."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _decode(path: Path, form: TextFormat, digest: Digest | None) -> Iterator[str]:
    """The text of one file, without its byte-order mark, and with newlines of the format."""
    decoder = codecs.getincrementaldecoder(form.encoding)("strict")
    newlines = IncrementalNewlineDecoder(None, translate=form.newlines == "lf")
    at_start, offset, lines = True, 0, 1
    for block in read_bytes(path):
        _update(digest, block)
        text = _decoded(decoder, block, False, path, offset, lines)
        offset += len(block)
        lines += text.count("\n")
        if at_start and text:
            text, at_start = text.removeprefix(BOM), False
        yield newlines.decode(text) if form.newlines == "lf" else text
    rest = _decoded(decoder, b"", True, path, offset, lines)
    yield newlines.decode(rest, final=True) if form.newlines == "lf" else rest


def _decoded(
    decoder: codecs.IncrementalDecoder,
    block: bytes,
    final: bool,
    path: Path,
    offset: int,
    lines: int,
) -> str:
    """Decode `block`, which starts at `offset` of `path`. Raises DataError with the position."""
    try:
        return decoder.decode(block, final)
    except UnicodeDecodeError as error:
        if "BOM" in error.reason:  # Python 3.13 and later
            raise _lacks_byte_order(path, error.reason) from None
        # The decoder may still have the first bytes of a character from the previous block.
        before = error.object[: error.start]
        start = offset - (len(error.object) - len(block)) + error.start
        line = lines + before.decode(error.encoding, "replace").count("\n")
        bad = error.object[error.start : error.end].hex(" ")
        raise DataError(
            f"{path}: byte {start:,} (line {line:,}) is not {error.encoding}: {bad}"
            f" ({error.reason})",
            "convert the file to UTF-8, name its `data.encoding` (latin-1, cp1252, ...), or read"
            " it as bytes (`data.level` byte)",
        ) from None
    except UnicodeError as error:
        raise _lacks_byte_order(path, str(error)) from None


def _lacks_byte_order(path: Path, reason: str) -> DataError:
    """The error for UTF-16 or UTF-32 without a byte-order mark."""
    return DataError(
        f"{path}: {reason}",
        "name its `data.encoding` with the byte order, as in utf-16-le, or convert the file to"
        " UTF-8",
    )


def _update(digest: Digest | None, block: bytes) -> None:
    if digest is not None:
        digest.update(block)
