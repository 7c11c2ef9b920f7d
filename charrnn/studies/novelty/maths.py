"""Novelty: passages of samples that are also, symbol for symbol, in a text.

All stretches of 1, 2, 4, 8, ... symbols that the samples have get names, and the text is read
through them: where it has such a stretch, it gets its name. Soon nearly all places have none, and
there is little left to do. Nothing is hashed, so nothing is left to chance.

It takes a few passes over the text, each with a binary search among the samples at every place
where they may still agree, and memory for the samples and one block of the text.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Bools, Ids
from charrnn.studies.novelty.names import NONE, Names, lengthen, name_symbols, spell


class Longest(NamedTuple):
    """The longest passage of a sample that the text has; of equals, the first in the text."""

    length: int = 0
    start: int = 0  # in the sample
    place: int = 0  # in the text, of the first copy


class PassageSearch:
    """Passages of samples, looked for in a text that comes in blocks, in order.

    A symbol is a number below `alphabet`; NONE in a sample is one that the text does not have.
    `sizes` are the lengths of the n-grams that are counted.
    """

    def __init__(self, samples: Sequence[Ids], alphabet: int, sizes: Sequence[int] = ()) -> None:
        lengths = [len(sample) for sample in samples]
        self.bounds = np.cumsum([0, *lengths])
        self.ends = np.repeat(self.bounds[1:], lengths)  # (M,), of the sample that a place is in
        self.longest = [Longest() for _ in samples]
        self.seen = {n: np.zeros(len(self.ends), np.bool_) for n in sizes}
        symbols = np.concatenate([np.zeros(0, np.int64), *samples])
        self.names = [name_symbols(symbols, alphabet)]
        self.odd: dict[int, Names] = {}

    @property
    def overlap(self) -> int:
        """With how many symbols of the end of a block the next one has to begin."""
        return max(0, int(np.diff(self.bounds).max(initial=0)) - 1)

    def n_grams(self, which: int, n: int) -> tuple[int, int]:
        """How many n-grams a sample has, counted by places; and how many of them the text has."""
        start, stop = self.bounds[which : which + 2].tolist()
        return max(0, stop - start - n + 1), int(self.seen[n][start:stop].sum())

    def read(self, block: Ids, offset: int) -> None:
        """Look through symbols (B,) of the text; the first one is its symbol number `offset`."""
        k = 0
        there = self.names[0].find(block)
        found = self.names[0].among(there)
        while found.any():
            self._count(self.names[k], there, found)
            longer = self._doubled(k + 1)
            there_too = spell(longer, self.names[k], there)
            found_too = longer.among(there_too)
            for which in self._ended(found, found_too):
                self._measure(which, self.names[k], there, found, offset)
            k, there, found = k + 1, there_too, found_too

    def _doubled(self, k: int) -> Names:
        """The names of stretches of 2^k."""
        if k == len(self.names):
            self.names.append(lengthen(self.names[-1], self.names[-1].width, self.ends))
        return self.names[k]

    def _count(self, names: Names, there: Ids, found: Bools) -> None:
        """Note which n-grams the text has, for the n from one width to the next."""
        for n, seen in self.seen.items():
            if n == names.width:
                seen |= found
            elif names.width < n < 2 * names.width:
                if n not in self.odd:
                    self.odd[n] = lengthen(names, n - names.width, self.ends)
                seen |= self.odd[n].among(spell(self.odd[n], names, there))

    def _ended(self, found: Bools, found_too: Bools) -> list[int]:
        """The samples with something found among the shorter stretches, and nothing longer."""
        samples = np.flatnonzero(np.diff(self.bounds))  # the empty ones have nothing
        starts = self.bounds[samples]
        last = np.logical_or.reduceat(found, starts) & ~np.logical_or.reduceat(found_too, starts)
        which: list[int] = samples[last].tolist()
        return which

    def _measure(self, which: int, names: Names, there: Ids, found: Bools, offset: int) -> None:
        """Find a passage that is longer than what is known, from one width up to the next."""
        start, stop = self.bounds[which : which + 2].tolist()
        low = max(0, self.longest[which].length + 1 - names.width)
        high = min(names.width, stop - start - names.width + 1)  # from here on there is none
        if low >= high:
            return
        ours = start + np.flatnonzero(found[start:stop])
        wanted = np.zeros(len(names.keys), np.bool_)
        wanted[names.of[ours]] = True
        named = np.flatnonzero(there != NONE)
        theirs = named[wanted[there[named]]]
        by = low  # mostly there is none of this length, and none beyond
        while low < high:
            common = _first_common(names, ours, theirs, there, by, stop)
            if common is None:
                high = by
            else:
                first, place = common
                self.longest[which] = Longest(names.width + by, first - start, offset + place)
                low = by + 1
            by = (low + high) // 2


def _first_common(
    names: Names, ours: Ids, theirs: Ids, there: Ids, by: int, stop: int
) -> tuple[int, int] | None:
    """Where a sample and a block both have a stretch longer `by`: the first place in the block.

    `ours` and `theirs` are the places at which they have one of the width.
    """
    ours, theirs = ours[ours + names.width + by <= stop], theirs[theirs + by < len(there)]
    ours = ours[names.of[ours + by] != NONE]
    if not len(ours):
        return None
    kinds = len(names.keys)
    mine = names.of[ours].astype(np.int64) * kinds + names.of[ours + by]
    last = there[theirs + by]
    keys = np.where(last == NONE, NONE, there[theirs].astype(np.int64) * kinds + last)
    hits = np.flatnonzero(np.isin(keys, mine, kind="sort"))
    if not len(hits):
        return None
    return int(ours[mine == keys[hits[0]]][0]), int(theirs[hits[0]])
