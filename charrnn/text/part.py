"""A part of an encoded text, as a model sees it."""

from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.text.stored import EncodedText


class Records(NamedTuple):
    """Where the records of a text stand; empty ones are left out."""

    starts: Ids  # (n,)
    lengths: Ids  # (n,) without the separator
    separator: int  # its id in the text's own alphabet

    @property
    def places(self) -> Ids:
        """Where their characters and their ends stand (m,), in the order of the text.

        The last record of a text may lack its end; then the last place is just beyond the text.
        """
        order = np.argsort(self.starts)
        starts, sizes = self.starts[order], self.lengths[order] + 1
        before = np.cumsum(sizes) - sizes
        places: Ids = np.repeat(starts - before, sizes) + np.arange(sizes.sum())
        return places

    def chosen(self, which: Ids) -> "Records":
        """Some of them."""
        return Records(self.starts[which], self.lengths[which], self.separator)


class Part(NamedTuple):
    """A stretch of an encoded text, or some of its records, and how its ids become a model's."""

    ids: EncodedText  # (n,), of the text's own alphabet
    lookup: Ids  # (A,), from that alphabet to the model's vocabulary
    records: Records | None = None  # None: it is one text

    def window(self, positions: Ids) -> Ids:
        """The model's ids at `positions`, in their shape."""
        ids: Ids = np.take(self.lookup, self.ids[positions])
        return ids

    def sequence(self, most: int) -> Ids:
        """The model's ids of its last `most` characters; of records the first, with their ends."""
        if self.records is None:
            return self.window(np.arange(max(0, len(self.ids) - most), len(self.ids)))
        pieces: list[Ids] = []
        end, left = self.lookup[[self.records.separator]], most
        for start, length in zip(self.records.starts, self.records.lengths, strict=True):
            if left <= 0:
                break
            pieces += [self.window(np.arange(start, start + length)), end]
            left -= int(length) + 1
        return np.concatenate(pieces) if pieces else end[:0]

    def first(self, most: int) -> "Part":
        """Its first `most` characters; of records as many whole ones as that has room for, or 1."""
        if self.records is None:
            return self._replace(ids=self.ids[:most])
        ends = np.cumsum(self.records.lengths + 1)
        n = max(1, int(np.searchsorted(ends, most, side="right")))
        return self._replace(records=self.records.chosen(np.arange(min(n, len(ends)))))

    @property
    def characters(self) -> int:
        """How many it has; every record counts its end."""
        if self.records is None:
            return len(self.ids)
        return int(self.records.lengths.sum()) + len(self.records.lengths)

    @property
    def targets(self) -> int:
        """How many of them can be predicted: all but the first, of records all."""
        return max(0, len(self.ids) - 1) if self.records is None else self.characters
