"""Records: each line of a text, say, is an example of its own, with a beginning and an end.

A record is what stands between two separators. The model reads the separator first, so that it
learns how records begin, and has to predict it last, so that it learns where they end. No state
goes from one to the next.
"""

from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.nn.rng import stream
from charrnn.text.codes import CodedText
from charrnn.text.stored import EncodedText

SEARCHED_AT_ONCE = 16_000_000  # characters


class Records(NamedTuple):
    """Positions of the records of a text; empty ones are left out."""

    starts: Ids  # (n,)
    lengths: Ids  # (n,) without the separator
    separator: int  # its code

    @property
    def positions(self) -> Ids:
        """Positions of their characters and their ends (m,), in the order of the text.

        The last record of a text may lack its end; then the last one is just beyond the text.
        """
        order = np.argsort(self.starts)
        starts, sizes = self.starts[order], self.lengths[order] + 1
        before = np.cumsum(sizes) - sizes
        positions: Ids = np.repeat(starts - before, sizes) + np.arange(sizes.sum())
        return positions

    def chosen(self, which: Ids) -> "Records":
        """Some of them."""
        return Records(self.starts[which], self.lengths[which], self.separator)


def find_records(codes: EncodedText, separator: int) -> Records:
    """The records of a text. The last one may lack its separator, and empty ones are left out."""
    pieces = [
        start + np.flatnonzero(np.asarray(codes[start : start + SEARCHED_AT_ONCE]) == separator)
        for start in range(0, len(codes), SEARCHED_AT_ONCE)
    ]
    ends = np.append(np.concatenate(pieces), len(codes))
    starts = np.append(0, ends[:-1] + 1)
    lengths = ends - starts
    return Records(starts[lengths > 0], lengths[lengths > 0], separator)


def shuffled(n: int, seed: int) -> Ids:
    """The order in which n records are divided into parts: it belongs to the seed."""
    order: Ids = stream(seed, "records").permutation(n)
    return order


def record_chunk(text: CodedText, records: Records, which: Ids, start: int, stop: int) -> Ids:
    """What records read at their steps start .. stop, and what follows: (T+1, B) ids.

    `which` (B,) are the records, side by side. A record has a step more than it has characters.
    Before and after them, and for a `which` of -1, which is no record, all is separators.
    """
    at = np.arange(start - 1, stop)[:, None]
    starts, lengths = records.starts[which], np.where(which < 0, 0, records.lengths[which])
    inside = (at >= 0) & (at < lengths)
    ids = text.ids_at(np.where(inside, starts + at, 0))
    return np.where(inside, ids, text.lookup[records.separator])
