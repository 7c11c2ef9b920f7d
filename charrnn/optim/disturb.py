"""Gradient noise: a random push that dies away (Neelakantan et al. 2015)."""

from math import sqrt

import numpy as np

from charrnn.nn.arrays import Floats
from charrnn.nn.params import Params
from charrnn.optim.rules import SLICE

DECAY = 0.55


def disturb_(g: Params, scratch: Floats, rng: np.random.Generator, *, eta: float, t: int) -> None:
    """Add normal numbers of variance eta / (1 + t)**0.55 to the gradient of step t = 0, 1, ..."""
    deviation = sqrt(eta / (1.0 + t) ** DECAY)
    for k in range(0, g.flat.size, SLICE):
        dw = g.flat[k : k + SLICE]
        push = scratch[: len(dw)]
        rng.standard_normal(dtype=dw.dtype.type, out=push)
        np.multiply(push, deviation, out=push)
        np.add(dw, push, out=dw)
