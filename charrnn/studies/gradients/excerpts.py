"""Excerpts of a text: stretches of one length, evenly spread, side by side."""

from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.text.part import Part
from charrnn.text.records import window

WARM_UP = 256  # characters before a window, which the model reads to know where it is


class Excerpts(NamedTuple):
    """What is read, and what has to be predicted at the end of each."""

    x: Ids  # (T, W), of which the last `steps` are the window and the others lead up to it
    y: Ids  # (W,), the character after the last one
    steps: int

    def some(self, first: int, stop: int) -> "Excerpts":
        """The windows first .. stop."""
        return Excerpts(self.x[:, first:stop], self.y[first:stop], self.steps)


def excerpts_of(part: Part, steps: int, most: int) -> Excerpts:
    """At most `most` windows of `steps` steps, or of as many as the part (with targets) has.

    Of a text each is led up to by the characters before it, as many as there are for all. Of
    records each is the first steps of one, and at least half of the records have so many.
    """
    return _of_text(part, steps, most) if part.records is None else _of_records(part, steps, most)


def _of_text(part: Part, steps: int, most: int) -> Excerpts:
    steps = min(steps, part.targets)
    T = min(part.targets, steps + WARM_UP)
    starts = _spread(part.targets - T + 1, most)
    read = part.window(np.arange(T + 1)[:, None] + starts)
    return Excerpts(read[:-1], read[-1], steps)


def _of_records(part: Part, steps: int, most: int) -> Excerpts:
    records = part.records
    assert records is not None
    steps = min(steps, int(np.median(records.lengths)) + 1)
    long_enough = np.flatnonzero(records.lengths + 1 >= steps)
    x, y, _ = window(part, records, long_enough[_spread(len(long_enough), most)], 0, steps)
    return Excerpts(x, y[-1], steps)


def _spread(n: int, most: int) -> Ids:
    """Numbers below n, at most `most` of them, at equal distances."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
