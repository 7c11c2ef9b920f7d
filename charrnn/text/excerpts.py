"""Excerpts of a part: stretches of one length, evenly spread, side by side."""

from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Ids

LEAD_IN = 256  # characters before an excerpt, which the model reads to know where it is


class Excerpts(NamedTuple):
    """W excerpts of T steps, and what has to be predicted at the end of each."""

    x: Ids  # (T, W), of which the last `steps` are the excerpt and the others lead up to it
    y: Ids  # (W,), the character after the last one
    steps: int

    def some(self, first: int, stop: int) -> "Excerpts":
        """The excerpts first .. stop."""
        return Excerpts(self.x[:, first:stop], self.y[first:stop], self.steps)


def spread(n: int, most: int) -> Ids:
    """Numbers below n, at most `most` of them, at equal distances."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
