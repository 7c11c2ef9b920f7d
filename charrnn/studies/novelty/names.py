"""Names: a number for every stretch of one length that some sequence has, known again in others.

The name of a stretch is the number of a pair: the names of its first and last symbols
(Karp, Miller and Rosenberg 1972). So two stretches are compared by one number each, however long
they are, and no two different ones have the same name.
"""

from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Bools, Ids

NONE = -1  # the name of what has no name
DENSE = 2**22  # possible pairs up to which a table, which is faster than a search, is used


@dataclass(frozen=True)
class Names:
    """The names of all stretches of `width` symbols in a sequence of M."""

    width: int
    of: Ids  # (M,), of the stretch that begins there, or NONE
    keys: Ids  # (K,), sorted: what is named 0, 1, ... K-1
    table: Ids | None  # from every possible key to its name, if they are not too many

    def find(self, keys: Ids) -> Ids:
        """The names of any possible `keys` (n,), NONE for those that are not here."""
        if self.table is not None:
            return self.table[keys]
        known = np.append(self.keys, NONE)  # so that a place beyond the last one is a place too
        places = np.searchsorted(self.keys, keys)
        return np.where(known[places] == keys, places, NONE).astype(np.int32)

    def pairs(self, there: Ids, by: int) -> tuple[Ids, Ids]:
        """Where a sequence with the names `there` (n,) has two, `by` apart; and their keys."""
        first, last = there[: max(0, len(there) - by)], there[by:]
        places = np.flatnonzero((first >= 0) & (last >= 0))
        return places, first[places].astype(np.int64) * len(self.keys) + last[places]

    def among(self, there: Ids) -> Bools:
        """Where the sequence has a stretch (M,) whose name is in `there`."""
        known = np.zeros(len(self.keys) + 1, np.bool_)  # the last one is for NONE
        known[there] = True
        known[NONE] = False
        return known[self.of]


def name_symbols(symbols: Ids, alphabet: int) -> Names:
    """Stretches of one symbol. Symbols are numbers below `alphabet`, or NONE."""
    keys = np.unique(symbols[symbols != NONE])
    table = np.full(alphabet + 1, NONE, np.int32)  # the last one is for NONE
    table[keys] = np.arange(len(keys))
    return Names(1, table[symbols], keys, table)


def lengthen(shorter: Names, by: int, ends: Ids) -> Names:
    """Stretches longer `by`, up to the width itself; `ends` (M,) is where those from there may."""
    places, keys = shorter.pairs(shorter.of, by)
    width = shorter.width + by
    whole = places + width <= ends[places]
    distinct, names = np.unique(keys[whole], return_inverse=True)
    of = np.full(len(shorter.of), NONE, np.int32)
    of[places[whole]] = names
    table, possible = None, len(shorter.keys) ** 2
    if possible <= DENSE:
        table = np.full(possible, NONE, np.int32)
        table[distinct] = np.arange(len(distinct))
    return Names(width, of, distinct, table)


def spell(longer: Names, shorter: Names, there: Ids) -> Ids:
    """The longer stretches' names in a sequence that has the shorter ones' names `there` (n,)."""
    places, keys = shorter.pairs(there, longer.width - shorter.width)
    names = np.full(len(there), NONE, np.int32)
    names[places] = longer.find(keys)
    return names
