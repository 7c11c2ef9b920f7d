"""Exponential moving averages, which show the trend under the noise of single chunks."""

from collections.abc import Iterable
from math import isfinite, nan

import numpy as np
from numpy.typing import NDArray


class Smoothing:
    """The exponential moving average of the values so far, corrected for the bias of its start.

    m_k = share m_{k-1} + (1 - share) x_k from m_0 = 0, divided by 1 - share^k, so that it is a
    weighted mean of the values from the first one on (Kingma and Ba 2015, section 3).
    """

    def __init__(self, share: float) -> None:
        """`share` is the decay rate: the weight of the past at each value, in [0, 1)."""
        self.share, self.sum, self.weight = share, 0.0, 0.0

    def __call__(self, value: float) -> float:
        """Add `value` and return the mean. A value that is not finite is ignored and gives NaN."""
        if not isfinite(value):
            return nan
        self.sum = self.share * self.sum + (1 - self.share) * value
        self.weight = self.share * self.weight + (1 - self.share)
        return self.sum / self.weight


def smoothed(values: Iterable[float], share: float) -> NDArray[np.float64]:
    """The moving averages (N,) of N values, NaN where a value is not finite; see `Smoothing`."""
    mean = Smoothing(share)
    return np.array([mean(float(value)) for value in values], dtype=np.float64)
