"""A part that consists of records of a text, each read from the initial state to its end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.text.batches import BatchSizes
from charrnn.text.codes import CodedText
from charrnn.text.corpus import split_stops
from charrnn.text.part import Excerpts, Lines, spread
from charrnn.text.record_batches import RecordBatches
from charrnn.text.records import Records, record_chunk, shuffled
from charrnn.text.stored import EncodedText
from charrnn.text.tracks import Tracks, groups
from charrnn.text.vocab import tally_


@dataclass(frozen=True, eq=False)
class RecordPart(CodedText):
    """A `Part` of records. `codes` are those of the whole text."""

    records: Records

    unit: ClassVar[str] = "records"

    @property
    def size(self) -> int:
        return len(self.records.lengths)

    @property
    def characters(self) -> int:
        return int(self._sizes.sum())

    @property
    def targets(self) -> int:
        return self.characters

    def through(self, lookup: Ids) -> Self:
        return replace(self, lookup=lookup)

    def split(self, shares: Sequence[float], seed: int) -> tuple[Self, Self, Self]:
        order = shuffled(self.size, seed)
        first, second, _ = split_stops(self.size, shares)
        train, val, test = np.split(order, [first, second])
        return self._chosen(train), self._chosen(val), self._chosen(test)

    def streams(self, *, exact: bool = False, every: bool = False) -> list[Tracks]:
        sizes = self._sizes
        begins = np.cumsum(sizes) - sizes
        longest_first = np.argsort(-sizes, kind="stable")
        return [
            Tracks(
                begins[which],
                begins[which],
                begins[which] + sizes[which],
                partial(record_chunk, self, self.records, which),
            )
            for which in (longest_first[group] for group in groups(self.size))
        ]

    def batches(self, sizes: BatchSizes) -> RecordBatches:
        B = min(sizes.batch_size, self.size)
        return RecordBatches(self, self.records, B, sizes.seq_length, sizes.seed)

    def sequence(self, most: int) -> Ids:
        end, pieces, remaining = self.lookup[[self.records.separator]], [], most
        for start, length in zip(self.records.starts, self.records.lengths, strict=True):
            if remaining <= 0:
                break
            pieces += [self.ids_at(np.arange(start, start + length)), end]
            remaining -= int(length) + 1
        return np.concatenate(pieces) if pieces else end[:0]

    def first(self, most: int) -> Self:
        ends = np.cumsum(self._sizes)
        n = max(1, int(np.searchsorted(ends, most, side="right")))
        return self._chosen(np.arange(min(n, len(ends))))

    def cut_after(self, most: int) -> Self:
        begins = np.cumsum(self._sizes) - self._sizes
        starts, lengths, separator = self.records.chosen(np.flatnonzero(begins < most))
        lengths = np.minimum(lengths, most - 1 - begins[: len(lengths)])
        return replace(self, records=Records(starts, lengths, separator))

    def excerpts(self, steps: int, most: int) -> Excerpts:
        steps = min(steps, int(np.median(self.records.lengths)) + 1)
        long_enough = np.flatnonzero(self._sizes >= steps)
        which = long_enough[spread(len(long_enough), most)]
        ids = record_chunk(self, self.records, which, 0, steps)
        return Excerpts(ids[:-1], ids[-1], steps)

    def lines(self, alphabet: Ids) -> Lines:
        symbols = self.through(alphabet).sequence(self.targets)
        separators = np.flatnonzero(np.asarray(self.codes) == self.records.separator)
        numbers = 1 + np.searchsorted(separators, self.records.starts)
        return Lines(None, symbols, np.cumsum(self._sizes) - self._sizes, numbers)

    def content(self) -> tuple[EncodedText, Ids]:
        positions = self.records.positions
        positions = positions[positions < len(self.codes)]
        return self.codes[positions], positions

    def passages(self, lengths: Sequence[int]) -> list[Ids]:
        n = len(lengths)
        return [
            np.asarray(self.codes[start : min(start + size, len(self.codes))])
            for start, size in zip(self.records.starts[:n], self._sizes[:n], strict=True)
        ]

    def counts(self) -> Ids:
        counts = np.zeros(len(self.lookup), np.int64)
        for start, length in zip(self.records.starts, self.records.lengths, strict=True):
            tally_(counts, self.codes[start : start + length])
        counts[self.records.separator] += self.size
        return counts

    def counts_of_all(self, counts: Ids) -> Ids:
        counts = counts.copy()
        counts[self.records.separator] = self.size  # without the ends of empty records
        return counts

    @property
    def _sizes(self) -> Ids:
        """Lengths of the records, including their ends (n,)."""
        return self.records.lengths + 1

    def _chosen(self, which: Ids) -> Self:
        return replace(self, records=self.records.chosen(which))
