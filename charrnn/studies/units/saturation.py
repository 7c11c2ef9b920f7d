"""How the values of units are distributed, and how often their gates are open or shut.

A gate is left-saturated below 0.1 and right-saturated above 0.9 (Karpathy, Johnson and Li 2015,
section 4.2): shut or open, and not between. Of what tanh makes the same is counted below -0.9 and
above 0.9.
"""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from charrnn.nn.arrays import Floats, Ids
from charrnn.studies.units.maths import Range, Value

MARGIN = 0.1  # from the ends of what a value can be
BINS = 20
FREE = (-5.0, 5.0)  # where numbers without bounds are counted; what is beyond counts as the end


@dataclass(frozen=True)
class Distribution:
    """The distribution of one value of the H units of a layer, over a text."""

    value: Value
    range: Range  # what the values can be
    left: Floats  # (H,) share of characters at which a unit is left-saturated; NaN: no bounds
    right: Floats  # (H,)
    means: Floats  # (H,)
    deviations: Floats  # (H,)
    histogram: Floats  # (BINS,) shares of the values of all units
    edges: Floats  # (BINS + 1,)


class Tally:
    """The sums for a Distribution of H units. Pass all values to `add`."""

    def __init__(self, value: Value, bounds: Range, H: int) -> None:
        self.value, self.bounds, self.n = value, bounds, 0
        self.low, self.high = bounds if isfinite(bounds[0]) else FREE
        self.left, self.right = np.zeros(H), np.zeros(H)
        self.sums, self.squares = np.zeros(H), np.zeros(H)
        self.counts: Ids = np.zeros(BINS, np.intp)

    def add(self, x: Floats) -> None:
        """Take in the values (n, H) of n characters."""
        left, right = thresholds(self.bounds)
        self.n += len(x)
        self.left += np.count_nonzero(x < left, axis=0)
        self.right += np.count_nonzero(x > right, axis=0)
        self.sums += x.sum(axis=0, dtype=np.float64)
        self.squares += np.einsum("nh,nh->h", x, x, dtype=np.float64)
        places = (x - self.low) * (BINS / (self.high - self.low))
        np.clip(places, 0, BINS - 1, out=places)
        self.counts += np.bincount(places.astype(np.uint8).reshape(-1), minlength=BINS)

    def result(self) -> Distribution:
        """The distribution of all that was added."""
        means = self.sums / self.n
        bounded = isfinite(self.bounds[0])
        return Distribution(
            self.value,
            self.bounds,
            left=self.left / self.n if bounded else np.full_like(means, np.nan),
            right=self.right / self.n if bounded else np.full_like(means, np.nan),
            means=means,
            deviations=np.sqrt(np.maximum(self.squares / self.n - means**2, 0)),
            histogram=self.counts / self.counts.sum(),
            edges=np.linspace(self.low, self.high, BINS + 1),
        )


def thresholds(bounds: Range) -> Range:
    """Below and above which a value is saturated: 0.1 and 0.9, or -0.9 and 0.9."""
    low, high = bounds
    return low + MARGIN, high - MARGIN
