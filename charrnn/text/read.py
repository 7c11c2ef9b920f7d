"""From files to symbols: code points or bytes, in blocks, whatever the size of the text.

What a text is, is said once, in its TextFormat; reading it in blocks gives exactly what reading it
at once would, also where a character, a CRLF or a letter and its accent lie across two blocks.
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
NOT_OF_FILES = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})


class Digest(Protocol):
    """What hashlib makes."""

    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True)
class TextFormat:
    """How bytes become symbols. At level "byte" the bytes are the symbols, and nothing is changed.

    Raises UsageError for an encoding that Python does not know, or that is none of text files.
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
    """Whether Python knows an encoding of text files by this name."""
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return codec._is_text_encoding and codec.name not in NOT_OF_FILES


def find_files(patterns: Sequence[str]) -> tuple[Path, ...]:
    """The files that `patterns`, names or globs, stand for: in their order, each once.

    The name of a file is taken as it is, whatever characters it has. In a glob, `**` stands for
    any folders; what it finds is sorted. Raises DataError where there is no file, or where what is
    there is none that can be read: a folder, a pipe, a device, a link to nothing.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        literal = os.path.lexists(pattern)
        names = [pattern] if literal else sorted(glob(pattern, recursive=True))
        if not names:
            raise DataError(f"{pattern or repr('')}: there is no such file{_where(pattern)}")
        found |= dict.fromkeys(map(Path, names))
    for path in found:
        _check_readable(path)
    return tuple(found)


def _where(pattern: str) -> str:
    if Path(pattern).is_absolute():
        return "; name a text file, or a glob like 'books/*.txt'"
    return f"; looked for in the current folder, {Path.cwd().name}/"


def _check_readable(path: Path) -> None:
    """Opening a pipe would wait for a writer, so what a path leads to is asked first."""
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    if not is_file:
        raise DataError(f"{path}: not a file; name a text file, or a glob like 'books/*.txt'")
    if not os.access(path, os.R_OK):
        raise DataError(f"{path}: cannot be read (Permission denied); allow it with chmod +r")


def read_bytes(path: Path) -> Iterator[bytes]:
    """The raw bytes of a file, in blocks. Raises DataError where it cannot be read."""
    try:
        with open_regular(path) as file:
            while block := file.read(BLOCK):
                yield block
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None


def read_symbols(
    paths: Sequence[Path], form: TextFormat, digest: Digest | None = None
) -> Iterator[Symbols]:
    """The symbols of the files, one after the other, in blocks (n,): code points, or bytes.

    A byte order mark at the start of a file is dropped. `digest` is fed the raw bytes. Raises
    DataError where a file cannot be read, or is not in the encoding, with the place.
    """
    if form.level == "byte":
        for path in paths:
            for block in read_bytes(path):
                _feed(digest, block)
                yield np.frombuffer(block, np.uint8)
        return
    normaliser = Normaliser(form.lowercase, form.normalize)
    for path in paths:
        for text in _decode(path, form, digest):
            yield code_points(normaliser.feed(text))
    yield code_points(normaliser.finish())


def code_points(text: str) -> Symbols:
    """The code points of `text` (n,), in the smallest type at hand."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _decode(path: Path, form: TextFormat, digest: Digest | None) -> Iterator[str]:
    """The text of one file, its newlines settled, without its byte order mark."""
    decoder = codecs.getincrementaldecoder(form.encoding)("strict")
    newlines = IncrementalNewlineDecoder(None, translate=form.newlines == "lf")
    at_start, offset, lines = True, 0, 1
    for block in read_bytes(path):
        _feed(digest, block)
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
    """Decode `block`, which begins at `offset` of `path`; an error tells the exact place."""
    try:
        return decoder.decode(block, final)
    except UnicodeDecodeError as error:
        if "BOM" in error.reason:  # as Python tells it from 3.13 on
            raise _lacks_order(path, error.reason) from None
        # The decoder may hold the first bytes of a character from the block before.
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
        raise _lacks_order(path, str(error)) from None


def _lacks_order(path: Path, why: str) -> DataError:
    """Of UTF-16 and UTF-32, where no mark tells the order of bytes."""
    return DataError(
        f"{path}: {why}",
        "name its `data.encoding` with the byte order, as in utf-16-le, or convert the file to"
        " UTF-8",
    )


def _feed(digest: Digest | None, block: bytes) -> None:
    if digest is not None:
        digest.update(block)
