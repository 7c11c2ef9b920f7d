"""The data of charts, whatever draws them: round ticks with labels, and lines thinned to size."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Real = TypeVar("Real", bound=np.floating[Any])

ROUND = (1, 2, 5, 10)  # times a power of ten
SIZES = ((1e9, "G"), (1e6, "M"), (1e4, "k"))  # from this number on, in this unit
UNITS = {"G": 1e9, "M": 1e6, "k": 1e3, "": 1.0}
DECIMALS = 4  # of a number without an exponent


class Tick(NamedTuple):
    """A round number on an axis."""

    value: float
    label: str


def ticks(
    low: float, high: float, most: int, *, whole: bool = False, around: bool = False
) -> list[Tick]:
    """Multiples of a round step from `low` to `high`, in at most `most` intervals.

    The step is 1, 2 or 5 times a power of ten, and at least 1 for a `whole` quantity such as steps.
    With `around` the first tick is at or below `low` and the last at or above `high`.
    """
    if not high > low:
        return [Tick(low, _label(low, abs(low) or 1.0))]
    step = _round_step((high - low) / most, whole)
    first, last = ceil(low / step), floor(high / step)
    if around:
        first, last = floor(low / step), ceil(high / step)
        if last - first > most:
            step = _round_step(step * 1.01, whole)
            first, last = floor(low / step), ceil(high / step)
    values = [round(k * step, 12) if step > 1e-6 else k * step for k in range(first, last + 1)]
    return [Tick(value, label) for value, label in zip(values, _labels(values, step), strict=True)]


def log_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Powers of ten from `low` to `high`, both above 0, about `most` of them or fewer.

    Where there is room for them, 2 and 5 times the powers as well; multiples of a round step where
    there are fewer than two powers.
    """
    decades = log10(high) - log10(low)
    factors = (1, 2, 5) if 3 * decades <= most else (1,)
    every = max(1, ceil(decades / most))
    values = [
        factor * 10.0**power
        for power in range(floor(log10(low)), floor(log10(high)) + 1)
        if power % every == 0
        for factor in factors
        if low <= factor * 10.0**power <= high
    ]
    if len(values) < 2:
        return ticks(low, high, most)
    return [Tick(value, _label(value, value)) for value in values]


def thinned(x: NDArray[Real], y: NDArray[Real], most: int) -> tuple[NDArray[Real], NDArray[Real]]:
    """At most `most` points of a line (n,) that looks the same: ends, highest and lowest points.

    Points that are not finite are gaps, and stay only where nothing else is near.
    """
    if len(x) <= most:
        return x, y
    chosen = [np.array([0, len(x) - 1])]
    for some in np.array_split(np.arange(len(x)), most // 2 - 1):
        finite = np.isfinite(y[some])
        lowest = np.argmin(np.where(finite, y[some], np.inf))
        highest = np.argmax(np.where(finite, y[some], -np.inf))
        chosen.append(some[[lowest, highest]])
    places = np.unique(np.concatenate(chosen))
    return x[places], y[places]


def _round_step(about: float, whole: bool) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `about`."""
    power = 10.0 ** floor(log10(about))
    step = next(k * power for k in ROUND if k * power >= about * (1 - 1e-9))
    return max(step, 1.0) if whole else step


def _labels(values: Sequence[float], step: float) -> list[str]:
    """All in one unit, with enough digits to distinguish neighbours."""
    largest = max(map(abs, values), default=0.0)
    unit = next((name for size, name in SIZES if largest >= size), "")
    if _decimals(step / UNITS[unit]) > 2:
        unit = ""
    return [_written(value, step, unit) for value in values]


def _label(value: float, step: float) -> str:
    return _labels([value], step)[0]


def _written(value: float, step: float, unit: str) -> str:
    if value == 0:
        return "0"
    decimals = _decimals(step / UNITS[unit])
    if decimals > DECIMALS:
        return f"{value:.{max(0, floor(log10(abs(value))) + decimals)}e}"
    return f"{value / UNITS[unit]:,.{decimals}f}{unit}"


def _decimals(step: float) -> int:
    """Digits after the point of a multiple of `step`."""
    return max(0, -floor(log10(step) + 1e-9))
