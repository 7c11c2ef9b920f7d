"""Clipping: a gradient that explodes must not throw the weights away (Pascanu et al. 2013)."""

from math import isfinite, sqrt
from typing import NamedTuple

import numpy as np

from charrnn.nn.params import Params


class Clipped(NamedTuple):
    """What clipping found."""

    norm: float  # the length of the gradient before it; NaN or infinite if any entry is
    bounded: bool  # whether it changed anything


def clip_(g: Params, *, value: float | None, norm: float | None) -> Clipped:
    """Bound every entry of `g` by `value`, then its length by `norm`; None bounds nothing.

    Does nothing to a gradient that is not finite.
    """
    before = norm_of(g)
    if not isfinite(before):
        return Clipped(before, False)
    after = before
    if value is not None:
        np.clip(g.flat, -value, value, out=g.flat)
        after = norm_of(g)
    if norm is not None and after > norm:
        np.multiply(g.flat, norm / after, out=g.flat)
        return Clipped(before, True)
    return Clipped(before, after < before)


def norm_of(p: Params) -> float:
    """The Euclidean norm of all numbers, also where their squares do not fit their dtype."""
    square = float(np.dot(p.flat, p.flat))
    if not isfinite(square):
        largest = float(np.abs(p.flat).max())
        scaled = p.flat / largest if isfinite(largest) else p.flat
        return largest * sqrt(float(np.dot(scaled, scaled)))
    return sqrt(square)
