"""Clipping: a gradient that explodes must not throw the weights away (Pascanu et al. 2013)."""

from math import sqrt

import numpy as np

from charrnn.params import Params


def clip_(g: Params, *, value: float | None, norm: float | None) -> float:
    """Bound every entry of `g` by `value`, then its length by `norm`; None bounds nothing.

    Returns the length that `g` had before, which is NaN or infinite if any entry is.
    """
    before = sqrt(float(np.dot(g.flat, g.flat)))
    if value is not None:
        np.clip(g.flat, -value, value, out=g.flat)
    if norm is not None:
        length = before if value is None else sqrt(float(np.dot(g.flat, g.flat)))
        if length > norm:
            np.multiply(g.flat, norm / length, out=g.flat)
    return before
