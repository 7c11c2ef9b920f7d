"""Records: independent examples in a text, such as lines, between separators.

The model reads a separator before each record, so that it learns how records begin, and predicts
one after it, so that it learns where they end. No state is carried from one record to the next.
"""

from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.nn.rng import stream
from charrnn.text.codes import CodedText
from charrnn.text.stored import EncodedText

SEARCH_BLOCK = 16_000_000  # characters


class Records(NamedTuple):
    """The positions of n records in a text."""

    starts: Ids  # (n,)
    lengths: Ids  # (n,) without the separator
    separator: int  # code of the separator

    @property
    def positions(self) -> Ids:
        """Positions of all characters and ends of the records (m,), in the order of the text.

        If the last record of the text lacks its separator, its end is one past the text.
        """
        order = np.argsort(self.starts)
        starts, sizes = self.starts[order], self.lengths[order] + 1
        before = np.cumsum(sizes) - sizes
        positions: Ids = np.repeat(starts - before, sizes) + np.arange(sizes.sum())
        return positions

    def chosen(self, which: Ids) -> "Records":
        """The records with these indices."""
        return Records(self.starts[which], self.lengths[which], self.separator)


def find_records(codes: EncodedText, separator: int) -> Records:
    """The records of a text, without empty ones. The last record may lack its separator."""
    pieces = [
        start + np.flatnonzero(np.asarray(codes[start : start + SEARCH_BLOCK]) == separator)
        for start in range(0, len(codes), SEARCH_BLOCK)
    ]
    ends = np.append(np.concatenate(pieces), len(codes))
    starts = np.append(0, ends[:-1] + 1)
    lengths = ends - starts
    return Records(starts[lengths > 0], lengths[lengths > 0], separator)


def shuffled(n: int, seed: int) -> Ids:
    """The random order, by `seed`, in which n records are divided into parts."""
    order: Ids = stream(seed, "records").permutation(n)
    return order


def record_chunk(text: CodedText, records: Records, which: Ids, start: int, stop: int) -> Ids:
    """Inputs of records at time steps start .. stop, and the next ids: (T+1, B).

    `which` (B,) are indices of records, or -1 for an empty column. A record has one more step than
    characters. Before and after each record, and in empty columns, all ids are separators.
    """
    offsets = np.arange(start - 1, stop)[:, None]
    starts, lengths = records.starts[which], np.where(which < 0, 0, records.lengths[which])
    inside = (offsets >= 0) & (offsets < lengths)
    ids = text.ids_at(np.where(inside, starts + offsets, 0))
    return np.where(inside, ids, text.lookup[records.separator])
