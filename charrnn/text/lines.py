"""What of a text is predicted: its symbols, in order, and the lines that they stand on."""

from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.text.corpus import Corpus
from charrnn.text.part import Part

NEWLINE = ord("\n")


@dataclass(frozen=True, eq=False)
class Lined:
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
    def of(cls, corpus: Corpus, part: Part, level: str) -> "Lined":
        """All that is predicted of a `part` of at least one target; `corpus` is its text."""
        alphabet = corpus.symbols.astype(np.uint32)
        symbols = Part(part.ids, alphabet, part.records).sequence(part.targets)
        if part.records is None:
            given = int(alphabet[part.ids[np.zeros(1, np.intp)]][0])
            ends = np.flatnonzero(symbols[:-1] == NEWLINE) + 1
            starts = np.append(0, ends)
            numbers = np.arange(len(starts)) + 1 + (given == NEWLINE)
        else:
            given = None
            starts = np.cumsum(part.records.lengths + 1) - part.records.lengths - 1
            separators = np.flatnonzero(np.asarray(part.ids) == part.records.separator)
            numbers = 1 + np.searchsorted(separators, part.records.starts)
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
        symbols = self.symbols[start : start + int(self.lengths[k])].tolist()
        if k == 0 and self.given != NEWLINE:
            symbols = self.before + symbols
        text = (
            bytes(symbols).decode("utf-8", "replace")
            if self.level == "byte"
            else "".join(map(chr, symbols))
        )
        return text.removesuffix("\n")
