"""The vocabulary of a text: symbols, counts, entropy."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path
from typing import Any
from unicodedata import category

import numpy as np

from charrnn.errors import UsageError
from charrnn.storage.files import make_folder, write_text
from charrnn.text.read import TextFormat, find_files
from charrnn.text.vocab import UNK, Survey, Vocabulary, build_vocabulary, count_symbols

LARGE = 0.01  # share of a text above which no symbol is rare, however short the text


@dataclass(frozen=True)
class VocabReport:
    """The vocabulary of a text, and how often the text has each of its symbols."""

    vocabulary: Vocabulary
    counts: tuple[int, ...]  # by id; UNK's is of everything that is not in the vocabulary
    sha256: str  # of the raw bytes of the files, in order

    @property
    def characters(self) -> int:
        return sum(self.counts)

    @property
    def bits_per_char(self) -> float:
        """The entropy of the symbols' frequencies: what a model must beat."""
        p = np.array([n for n in self.counts if n]) / self.characters
        return float(-(p * np.log2(p)).sum()) + 0.0

    @property
    def uniform_bits(self) -> float:
        """The cost of a guess among all symbols."""
        return log2(self.vocabulary.size)

    def ranked(self) -> list[tuple[str, int]]:
        """Symbols for people, and their counts, the most frequent first."""
        pairs = zip(self.vocabulary.names(), self.counts, strict=True)
        return sorted(pairs, key=lambda pair: -pair[1])

    def rare(self, below: int) -> list[str]:
        """The symbols that occur fewer than `below` times, and are not a large part of the text."""
        most = min(below, LARGE * self.characters)
        return [name for name, count in self.ranked() if count < most]

    def control(self) -> list[str]:
        """Control and format characters other than the newline: often a surprise."""
        names = zip(self.vocabulary.symbols, self.vocabulary.names(), strict=False)
        return [name for s, name in names if s != ord("\n") and category(chr(s)) in ("Cc", "Cf")]

    def to_json(self) -> dict[str, Any]:
        """Plain values, as `charrnn vocab --json` prints them."""
        rows: list[tuple[str, int | None]] = [(chr(s), s) for s in self.vocabulary.symbols]
        if self.vocabulary.has_unk:
            rows.append((UNK, None))
        return {
            "size": self.vocabulary.size,
            "level": self.vocabulary.level,
            "characters": self.characters,
            "symbols": [
                {"symbol": symbol, "codepoint": point, "count": count}
                for (symbol, point), count in zip(rows, self.counts, strict=True)
            ],
            "sha256": self.sha256,
        }

    def save(self, path: Path) -> None:
        """Write vocab.json, and its folder if it is missing. Raises UsageError."""
        try:
            make_folder(path.parent)
            write_text(path, self.vocabulary.dumps())
        except OSError as error:
            raise UsageError(f"{path}: cannot be written ({error.strerror})") from None


def vocab(paths: Sequence[str], form: TextFormat | None = None, min_count: int = 1) -> VocabReport:
    """Count the symbols of the texts, names or globs, in one pass and bounded memory.

    Raises UsageError or DataError for what cannot be read.
    """
    form = form or TextFormat()
    survey = count_symbols(find_files(paths), form)
    vocabulary = build_vocabulary(
        survey.symbols, survey.counts, form.level, min_count, always_unk=False
    )
    return VocabReport(vocabulary, _by_id(vocabulary, survey), survey.sha256)


def _by_id(vocabulary: Vocabulary, survey: Survey) -> tuple[int, ...]:
    ids = vocabulary.translation(survey.symbols)
    counts = np.zeros(vocabulary.size, np.int64)
    np.add.at(counts, ids, survey.counts)
    return tuple(counts.tolist())
