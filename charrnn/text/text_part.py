"""A part that is one continuous text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.text.batches import Batches, BatchSizes, fit
from charrnn.text.codes import CodedText
from charrnn.text.corpus import split_stops
from charrnn.text.part import LEAD_IN, Excerpts, Lines, spread
from charrnn.text.stored import EncodedText
from charrnn.text.symbols import NEWLINE
from charrnn.text.tracks import Tracks, cut, groups
from charrnn.text.vocab import tally_


@dataclass(frozen=True, eq=False)
class TextPart(CodedText):
    """A `Part` that is one continuous text."""

    unit: ClassVar[str] = "characters"

    @property
    def size(self) -> int:
        return len(self.codes)

    @property
    def characters(self) -> int:
        return len(self.codes)

    @property
    def targets(self) -> int:
        return max(0, len(self.codes) - 1)

    def through(self, lookup: Ids) -> Self:
        return replace(self, lookup=lookup)

    def split(self, shares: Sequence[float], seed: int) -> tuple[Self, Self, Self]:
        first, second, third = split_stops(len(self.codes), shares)
        return self._slice(0, first), self._slice(first, second), self._slice(second, third)

    def streams(self, *, exact: bool = False, every: bool = False) -> list[Tracks]:
        places = self.characters if every else self.targets
        if not places:
            return []
        begins, starts, stops = cut(places, once=exact)
        return [
            Tracks(begins[g], starts[g], stops[g], partial(self._ids, begins[g], stops[g]))
            for g in groups(len(starts))
        ]

    def batches(self, sizes: BatchSizes) -> Batches:
        B, T = fit(self.characters, sizes.batch_size, sizes.seq_length)
        stride = None if sizes.stride is None else min(sizes.stride, T)
        return Batches(self, B, T, stride, sizes.jitter, sizes.seed)

    def sequence(self, most: int) -> Ids:
        return self.ids_at(np.arange(max(0, len(self.codes) - most), len(self.codes)))

    def first(self, most: int) -> Self:
        return self._slice(0, most)

    def cut_after(self, most: int) -> Self:
        return self._slice(0, most)

    def excerpts(self, steps: int, most: int) -> Excerpts:
        steps = min(steps, self.targets)
        T = min(self.targets, steps + LEAD_IN)
        ids = self.ids_at(np.arange(T + 1)[:, None] + spread(self.targets - T + 1, most))
        return Excerpts(ids[:-1], ids[-1], steps)

    def lines(self, alphabet: Ids) -> Lines:
        symbols = alphabet[np.asarray(self.codes)]
        given, symbols = int(symbols[0]), symbols[1:]
        starts = np.append(0, np.flatnonzero(symbols[:-1] == NEWLINE) + 1)
        return Lines(given, symbols, starts, np.arange(len(starts)) + 1 + (given == NEWLINE))

    def content(self) -> tuple[EncodedText, None]:
        return self.codes, None

    def passages(self, lengths: Sequence[int]) -> list[Ids]:
        n = len(self.codes)
        count = min(len(lengths), n // max(1, *lengths)) if lengths else 0
        starts = [k * (n // count) for k in range(count)]
        return [
            np.asarray(self.codes[start : start + length])
            for start, length in zip(starts, lengths, strict=False)
        ]

    def counts(self) -> Ids:
        counts = np.zeros(len(self.lookup), np.int64)
        tally_(counts, self.codes)
        return counts

    def counts_of_all(self, counts: Ids) -> Ids:
        return counts

    def _slice(self, start: int, stop: int) -> Self:
        return replace(self, codes=self.codes[start:stop])

    def _ids(self, begins: Ids, stops: Ids, start: int, stop: int) -> Ids:
        """Inputs of tracks at time steps start .. stop, and the next ids (T+1, B)."""
        positions = begins + np.arange(start, stop + 1)[:, None]
        return self.ids_at(np.minimum(positions, np.minimum(stops, len(self.codes) - 1)))
