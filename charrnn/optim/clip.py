"""Gradient clipping by value and by norm, against exploding gradients (Pascanu et al. 2013)."""

from math import isfinite, sqrt
from typing import NamedTuple

import numpy as np

from charrnn.nn.params import Params


class Clipped(NamedTuple):
    """The result of clipping."""

    norm: float  # norm of the gradient before clipping; NaN or infinite if any entry is
    bounded: bool  # True if clipping changed the gradient


def clip_(g: Params, *, value: float | None, norm: float | None) -> Clipped:
    """Clip every entry of `g` to [-value, value], then its Euclidean norm to `norm`, in place.

    None skips a step. A gradient that is not finite stays unchanged.
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
    """The Euclidean norm of all numbers, even if their squares overflow their dtype."""
    square = float(np.dot(p.flat, p.flat))
    if not isfinite(square):
        largest = float(np.abs(p.flat).max())
        scaled = p.flat / largest if isfinite(largest) else p.flat
        return largest * sqrt(float(np.dot(scaled, scaled)))
    return sqrt(square)
