"""The predicted symbols of a part, with line boundaries."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.text.corpus import Corpus
from charrnn.text.part import Part
from charrnn.text.symbols import NEWLINE, spelled


@dataclass(frozen=True, eq=False)
class PredictedText:
    """T symbols on n lines. Each line includes its newline, which the last may lack.

    In a text of records every record is a line, whatever the separator.
    """

    name: str  # of the files, for display
    level: str  # "char": symbols are code points; "byte": bytes
    given: int | None  # the first symbol of a text, which is not predicted; None for records
    symbols: Ids  # (T,)
    starts: Ids  # (n,) index of the first symbol of each line
    lengths: Ids  # (n,)
    numbers: Ids  # (n,) line numbers in the part, from 1

    @classmethod
    def of(cls, corpus: Corpus, part: Part, level: str) -> Self:
        """The predicted text of `part`, with at least one target; `corpus` is its text."""
        given, symbols, starts, numbers = part.lines(corpus.symbols.astype(np.uint32))
        lengths = np.diff(np.append(starts, len(symbols)))
        first, *others = corpus.source.paths
        name = f"{first.name} and {len(others)} more" if others else first.name
        return cls(name, level, given, symbols, starts, lengths, numbers)

    @property
    def before(self) -> list[int]:
        """The given symbol, if any, as a list."""
        return [] if self.given is None else [self.given]

    def line(self, k: int) -> str:
        """Line `k` as text, without its newline; line 0 includes the given symbol.

        Invalid UTF-8 becomes U+FFFD.
        """
        start = int(self.starts[k])
        symbols = self.symbols[start : start + int(self.lengths[k])]
        if k == 0 and self.given != NEWLINE:
            symbols = np.append(self.before, symbols)
        return spelled(symbols, self.level).removesuffix("\n")
