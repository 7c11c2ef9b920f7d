"""Tracks: pieces of a part that a model reads in parallel, much faster than one after another.

A track of a long text first reads a warm-up, the WARM_UP characters before it, whose predictions
do not count. It brings the track close to the state of a single pass through the text; the
difference is the influence of earlier characters. The cuts depend on the length of the part alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.nn.read import STEPS, Span

TOGETHER = 64  # tracks per group, read in parallel
TRACKS = 1024  # maximum number of tracks of a text
WARM_UP = 512  # characters
MIN_TRACK = 4 * WARM_UP  # minimum length of a track, so that its warm-up is worthwhile


@dataclass(frozen=True, eq=False)
class Tracks:
    """B tracks that are read in parallel, each from the initial state.

    A place is the index of a prediction in the order of the part.
    """

    begins: Ids  # (B,) first place of each track, warm-up included
    starts: Ids  # (B,) first place that counts
    stops: Ids  # (B,) one past the last place
    ids: Callable[[int, int], Ids]  # the ids at steps start .. stop and the next: (T+1, B)

    @property
    def tracks(self) -> int:
        """B."""
        return len(self.begins)

    @property
    def length(self) -> int:
        """Number of steps of the longest track."""
        return int((self.stops - self.begins).max())

    @property
    def steps(self) -> int:
        """Number of steps of the longest span."""
        return min(STEPS, self.length)

    def ends(self) -> range:
        """The steps after which each span ends; the last one may end earlier."""
        return range(STEPS, self.length + STEPS, STEPS)

    def spans(self) -> Iterator[Span]:
        """The tracks in spans of STEPS steps; the last may be shorter."""
        for end in self.ends():
            start, stop = end - STEPS, min(end, self.length)
            ids = self.ids(start, stop)
            places = self.begins + np.arange(start, stop)[:, None]
            counted = (places >= self.starts) & (places < self.stops)
            yield Span(ids[:-1], ids[1:], np.where(counted, places, -1))

    def counted(self, step: int) -> int:
        """Number of predictions in the first `step` steps that count."""
        counts = np.clip(self.begins + step, self.starts, self.stops) - self.starts
        return int(counts.sum())


def cut(places: int, *, once: bool = False) -> tuple[Ids, Ids, Ids]:
    """Begins, starts and stops (B,) of the tracks of a text; with `once`, of a single track."""
    n = 1 if once else max(1, min(TRACKS, places // MIN_TRACK))
    length = -(-places // n)
    starts = np.arange(n) * length
    return np.maximum(starts - WARM_UP, 0), starts, np.minimum(starts + length, places)


def groups(n: int) -> list[Ids]:
    """The integers from 0 to n - 1 in consecutive groups of at most TOGETHER."""
    return np.array_split(np.arange(n), -(-n // TOGETHER)) if n else []
