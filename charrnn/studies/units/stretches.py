"""How a text is cut into stretches that are read side by side, which is many times faster than one.

Each stretch of a long text first reads the characters that stand before it, which are not recorded,
so that it starts from the state that a single pass would have there, up to what the model has
forgotten in WARM_UP characters. A record is a stretch that starts from the initial state.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Bools, Ids
from charrnn.training.evaluate import GROUP, STEPS, WARM_UP

AT_ONCE = GROUP * STEPS  # characters of a chunk, at most
LEAST = 4 * WARM_UP  # characters that are worth the reading of those before them


class Stretches(NamedTuple):
    """n parts of a text of T characters that cover all of it, each once."""

    begins: Ids  # (n,) where the reading of each begins, from the initial state
    starts: Ids  # (n,) from where on it is recorded
    stops: Ids  # (n,)

    @property
    def anew(self) -> Ids:
        """(m,): where the text begins that is read from the initial state: at 0, or each record."""
        anew: Ids = self.starts[self.begins == self.starts]
        return anew

    def groups(self) -> "Iterator[Stretches]":
        """Those of like length together, as many as are read side by side."""
        order = np.argsort(self.stops - self.begins, kind="stable")
        for chosen in np.array_split(order, -(-len(order) // GROUP)):
            yield Stretches(self.begins[chosen], self.starts[chosen], self.stops[chosen])

    def chunks(self) -> Iterator[tuple[Ids, Bools]]:
        """What all of them read at once: places in the text, and which are recorded, (t, n)."""
        longest = int((self.stops - self.begins).max())
        for first in range(0, longest, STEPS):
            places = self.begins + np.arange(first, min(first + STEPS, longest))[:, None]
            yield np.minimum(places, self.stops - 1), _inside(places, self.starts, self.stops)


def of_text(characters: int) -> Stretches:
    """The stretches of one text: how many depends on its length alone."""
    n = max(1, characters // LEAST)
    edges = np.linspace(0, characters, n + 1).astype(np.intp)
    starts = edges[:-1]
    return Stretches(np.maximum(starts - WARM_UP, 0), starts, edges[1:])


def of_records(lengths: Ids) -> Stretches:
    """Records one after the other, each from the initial state on."""
    stops = np.cumsum(lengths)
    return Stretches(stops - lengths, stops - lengths, stops)


def _inside(places: Ids, starts: Ids, stops: Ids) -> Bools:
    inside: Bools = (places >= starts) & (places < stops)
    return inside
