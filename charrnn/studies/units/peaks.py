"""Where the values of a unit are extreme, and its values in few bytes."""

from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Floats, Ids

CODES = 256  # of a byte


def peaks(values: Floats, n: int, apart: int) -> Ids:
    """The places of the n highest of `values` (T,), the highest first; of equal ones the earliest.

    No two are nearer to each other than `apart`, so there may be fewer than n.
    """
    # A place rules out fewer than 2 * apart others, so the n highest are among this many.
    candidates = min(len(values), n * (2 * apart - 1))
    least = np.partition(values, len(values) - candidates)[len(values) - candidates]
    above, level = np.flatnonzero(values > least), np.flatnonzero(values == least)
    order = np.append(above[np.argsort(-values[above], kind="stable")], level)
    chosen: list[int] = []
    for place in order.tolist():
        if len(chosen) == n:
            break
        if all(abs(place - other) >= apart for other in chosen):
            chosen.append(place)
    return np.array(chosen, np.intp)


class Coded(NamedTuple):
    """Values in bytes: low + code * (high - low) / 255, which is off by half a step at most."""

    low: float
    high: float
    codes: bytes


def coded(values: Floats) -> Coded:
    """`values` (T,), which are finite, as bytes from their lowest to their highest."""
    wide = values.astype(np.float64)  # any range of float32 has a step there
    low, high = float(wide.min()), float(wide.max())
    step = (high - low) / (CODES - 1) or 1.0
    return Coded(low, high, np.rint((wide - low) / step).astype(np.uint8).tobytes())
