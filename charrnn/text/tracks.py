"""Tracks: stretches of a part that a model reads side by side, which is many times faster than one.

A track of a long text first reads the characters before its own. They are not counted: they bring
the track to the state that a single pass would have there, up to what the model has forgotten
within WARM_UP characters. How a part is cut depends on its length alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.nn.read import STEPS, Span

TOGETHER = 64  # tracks that are read side by side
TRACKS = 1024  # of a text, at most
WARM_UP = 512  # characters
LEAST = 4 * WARM_UP  # characters of a track that are worth its warm-up


@dataclass(frozen=True, eq=False)
class Tracks:
    """B tracks that are read side by side, each from the initial state on.

    A place is the number of a prediction in the order of the part.
    """

    begins: Ids  # (B,) the place at which each is read first
    starts: Ids  # (B,) the first place that counts; those before it are the warm-up
    stops: Ids  # (B,)
    ids: Callable[[int, int], Ids]  # of steps start .. stop, and the one after: (T+1, B)

    @property
    def tracks(self) -> int:
        """B."""
        return len(self.begins)

    @property
    def length(self) -> int:
        """Steps of the longest track."""
        return int((self.stops - self.begins).max())

    @property
    def steps(self) -> int:
        """Steps of the longest span."""
        return min(STEPS, self.length)

    def ends(self) -> range:
        """The steps after which each span ends; the last one may end earlier."""
        return range(STEPS, self.length + STEPS, STEPS)

    def spans(self) -> Iterator[Span]:
        """The tracks, STEPS steps at a time."""
        for end in self.ends():
            start, stop = end - STEPS, min(end, self.length)
            ids = self.ids(start, stop)
            places = self.begins + np.arange(start, stop)[:, None]
            counted = (places >= self.starts) & (places < self.stops)
            yield Span(ids[:-1], ids[1:], np.where(counted, places, -1))

    def counted(self, step: int) -> int:
        """Number of predictions that count in the first `step` steps."""
        done = np.clip(self.begins + step, self.starts, self.stops) - self.starts
        return int(done.sum())


def cut(places: int, *, once: bool = False) -> tuple[Ids, Ids, Ids]:
    """Begins, starts and stops of the tracks of a text; `once` makes it one track."""
    n = 1 if once else max(1, min(TRACKS, places // LEAST))
    length = -(-places // n)
    starts = np.arange(n) * length
    return np.maximum(starts - WARM_UP, 0), starts, np.minimum(starts + length, places)


def groups(n: int) -> list[Ids]:
    """The numbers below n, in order, as groups that are read side by side."""
    return np.array_split(np.arange(n), -(-n // TOGETHER)) if n else []
