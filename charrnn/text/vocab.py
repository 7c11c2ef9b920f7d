"""The vocabulary of a model: its symbols, their ids, and their counts in a text."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.errors import DataError
from charrnn.nn.arrays import Ids
from charrnn.text.nearest import nearest
from charrnn.text.read import Digest, Symbols, TextFormat, code_points, read_symbols
from charrnn.text.stored import EncodedText
from charrnn.text.symbols import display, spelled

CODE_POINTS = 0x110000
FORMAT = 1
UNK = "<unk>"
REPLACEMENT = "\ufffd"  # the form of UNK in a text
AT_ONCE = 2**18  # symbols to count or translate at a time, so that they fit into a core's cache


@dataclass(frozen=True)
class Survey:
    """The symbol counts of a text, and its digest."""

    symbols: Ids  # (A,), the code points or bytes that occur, sorted
    counts: Ids  # (A,)
    sha256: str  # of the raw bytes of the files, in order

    @property
    def characters(self) -> int:
        """Number of symbols in the text."""
        return int(self.counts.sum())

    @property
    def entropy(self) -> float:
        """Entropy of the symbol frequencies in bits per character."""
        p = self.counts / self.characters
        return float(-(p * np.log2(p)).sum()) + 0.0  # not -0.0


def count_symbols(paths: Sequence[Path], form: TextFormat, digest: Digest | None = None) -> Survey:
    """Count every symbol of the files in bounded memory; a given `digest` must be a new SHA-256.

    Raises DataError if a file cannot be read or the text is empty.
    """
    totals = np.zeros(CODE_POINTS, np.int64)
    digest = digest or hashlib.sha256()
    for block in read_symbols(paths, form, digest):
        tally_(totals, block)
    symbols = np.flatnonzero(totals)
    if not symbols.size:
        raise DataError(f"{', '.join(map(str, paths))}: the text is empty")
    return Survey(symbols, totals[symbols], digest.hexdigest())


def tally_(totals: Ids, symbols: EncodedText | Symbols) -> None:
    """Add the number of occurrences of each symbol in `symbols` (n,) to `totals`, in place."""
    for k in range(0, len(symbols), AT_ONCE):
        histogram = np.bincount(np.asarray(symbols[k : k + AT_ONCE]))
        totals[: len(histogram)] += histogram


@dataclass(frozen=True)
class Vocabulary:
    """The symbols of a model, with ids 0, 1, ... in the order of their code points.

    UNK, if there is one, has the last id and replaces every symbol outside the vocabulary.
    """

    level: str  # "char": symbols are code points; "byte": bytes
    symbols: tuple[int, ...]  # sorted
    has_unk: bool = False

    @property
    def size(self) -> int:
        """V, the number of symbols, UNK included."""
        return len(self.symbols) + self.has_unk

    @property
    def unk(self) -> int | None:
        """The id of UNK, if there is one."""
        return len(self.symbols) if self.has_unk else None

    @cached_property
    def _lookup(self) -> Ids:
        """The id of every code point (CODE_POINTS,); that of UNK, or -1, for unknown ones."""
        table = np.full(CODE_POINTS, -1 if self.unk is None else self.unk, np.intp)
        table[list(self.symbols)] = np.arange(len(self.symbols))
        return table

    def translation(self, symbols: Ids | Symbols) -> Ids:
        """The ids of `symbols`, in their shape; unknown symbols get the id of UNK, else -1."""
        ids: Ids = self._lookup[symbols]
        return ids

    def is_unknown(self, symbol: int) -> bool:
        """True if a symbol is not in the vocabulary, with or without UNK."""
        return symbol not in self.symbols

    def encode(self, text: str | bytes) -> Ids:
        """The ids of `text` (n,), at level "byte" of its UTF-8 bytes. Only this level takes bytes.

        Raises DataError with the unknown symbols, and similar known ones.
        """
        symbols = self._symbols_of(text)
        ids = self.translation(symbols)
        if ids.size and ids.min() < 0:
            self._refuse(sorted(set(symbols[ids < 0].tolist())))
        return ids

    def _symbols_of(self, text: str | bytes) -> Symbols:
        if self.level == "byte":
            raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
            return np.frombuffer(raw, np.uint8)
        if isinstance(text, bytes):
            raise DataError("the model knows characters, not bytes; decode the text first")
        return code_points(text)

    def _refuse(self, unknown: Iterable[int]) -> None:
        names = []
        for symbol in unknown:
            near = nearest(symbol, self.symbols) if self.level == "char" else []
            hint = f" (it knows {' '.join(map(display, near))})" if near else ""
            names.append(display(symbol, self.level) + hint)
        raise DataError(f"the model does not know {', '.join(names)}")

    def decode(self, ids: Ids) -> str:
        """The text of `ids` (n,); UNK and invalid UTF-8 become U+FFFD."""
        if self.level == "byte":
            return self.decode_bytes(ids).decode("utf-8", "replace")
        return spelled(np.array([*self.symbols, ord(REPLACEMENT)])[ids], self.level)

    def decode_bytes(self, ids: Ids) -> bytes:
        """The bytes of `ids` (n,), at level "char" as UTF-8; UNK becomes the UTF-8 of U+FFFD."""
        if self.level == "char":
            return self.decode(ids).encode("utf-8", "surrogatepass")
        pieces = [bytes([s]) for s in self.symbols] + [REPLACEMENT.encode()]
        return b"".join(pieces[k] for k in ids.tolist())

    def names(self) -> list[str]:
        """A readable form of every symbol, in the order of the ids."""
        return [display(s, self.level) for s in self.symbols] + [UNK] * self.has_unk

    def to_json(self) -> dict[str, Any]:
        """The vocabulary as plain values; `from_json` is the inverse."""
        return {
            "format": FORMAT,
            "level": self.level,
            "symbols": list(self.symbols),
            "unk": self.has_unk,
        }

    def dumps(self) -> str:
        """The content of vocab.json."""
        return json.dumps(self.to_json()) + "\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the vocabulary; equal vocabularies have equal digests on every machine."""
        return hashlib.sha256(json.dumps(self.to_json()).encode()).hexdigest()

    @classmethod
    def from_json(cls, values: Any) -> "Vocabulary":
        """The vocabulary from the result of `to_json`. Raises DataError for anything else."""
        match values:
            case {
                "format": 1,
                "level": "char" | "byte" as level,
                "symbols": list(s),
                "unk": bool(u),
            }:
                end = CODE_POINTS if level == "char" else 256
                increasing = all(type(x) is int for x in s) and s == sorted(set(s))
                if s and increasing and s[0] >= 0 and s[-1] < end:
                    return cls(level, tuple(s), u)
        raise DataError("not a vocabulary; expected format 1, a level, sorted symbols and unk")


def build_vocabulary(
    symbols: Ids, counts: Ids, level: str, min_count: int, *, always_unk: bool
) -> Vocabulary:
    """The vocabulary of symbols with at least `min_count` occurrences.

    It has UNK if `always_unk` or if a symbol may be too rare. Raises DataError if no symbol is
    frequent enough.
    """
    frequent = symbols[counts >= min_count]
    if not frequent.size:
        raise DataError(
            f"no symbol occurs {min_count} times; the most frequent one occurs {counts.max()}"
            " times",
            "use a smaller `data.min_count`",
        )
    return Vocabulary(level, tuple(frequent.tolist()), min_count > 1 or always_unk)
