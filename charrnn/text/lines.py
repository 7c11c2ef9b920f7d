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
    """T symbols on n lines. A line has its end, which the last may lack.

    Of a text of records every record is a line, whatever separates them.
    """

    name: str  # of its files, for people
    level: str  # "char": symbols are code points; "byte": bytes
    given: int | None  # the text's first symbol, which is not predicted; None: records
    symbols: Ids  # (T,)
    starts: Ids  # (n,) where in them each line begins
    lengths: Ids  # (n,)
    numbers: Ids  # (n,) of the lines of the part, from 1

    @classmethod
    def of(cls, corpus: Corpus, part: Part, level: str) -> Self:
        """All that is predicted of a `part` of at least one target; `corpus` is its text."""
        given, symbols, starts, numbers = part.lines(corpus.symbols.astype(np.uint32))
        lengths = np.diff(np.append(starts, len(symbols)))
        first, *others = corpus.source.paths
        name = f"{first.name} and {len(others)} more" if others else first.name
        return cls(name, level, given, symbols, starts, lengths, numbers)

    @property
    def before(self) -> list[int]:
        """The symbol that is given, if there is one."""
        return [] if self.given is None else [self.given]

    def line(self, k: int) -> str:
        """Line `k` as text, without its newline; of the first one the given symbol is a part.

        Bytes that are no UTF-8 are U+FFFD.
        """
        start = int(self.starts[k])
        symbols = self.symbols[start : start + int(self.lengths[k])]
        if k == 0 and self.given != NEWLINE:
            symbols = np.append(self.before, symbols)
        return spelled(symbols, self.level).removesuffix("\n")
