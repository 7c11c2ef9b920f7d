"""Gradient noise, before an update, and the exponential moving average of the weights, after it."""

from math import sqrt

import numpy as np

from charrnn.nn.arrays import Floats
from charrnn.nn.params import Params
from charrnn.optim.rules import SLICE

NOISE_DECAY = 0.55


def add_noise_(g: Params, scratch: Floats, rng: np.random.Generator, *, eta: float, t: int) -> None:
    """Add annealed Gaussian noise to the gradient of step t = 0, 1, ... (Neelakantan et al. 2015).

    Its variance is eta / (1 + t)**0.55.
    """
    deviation = sqrt(eta / (1.0 + t) ** NOISE_DECAY)
    for k in range(0, g.flat.size, SLICE):
        dw = g.flat[k : k + SLICE]
        noise = scratch[: len(dw)]
        rng.standard_normal(dtype=dw.dtype.type, out=noise)
        np.multiply(noise, deviation, out=noise)
        np.add(dw, noise, out=dw)


def average_(average: Params, p: Params, scratch: Floats, *, decay: float, t: int) -> None:
    """Update the moving average of the weights after step t = 1, 2, ...: a = d a + (1 - d) w.

    An exponential moving average (EMA); Polyak and Juditsky (1992) give all steps equal weight.
    The decay rate d = min(decay, (1 + t) / (10 + t)) grows at first, so that the initial weights
    are forgotten soon.
    """
    rate = 1.0 - min(decay, (1.0 + t) / (10.0 + t))
    for k in range(0, p.flat.size, SLICE):
        a, w = average.flat[k : k + SLICE], p.flat[k : k + SLICE]
        change = scratch[: len(a)]
        np.subtract(w, a, out=change)
        np.multiply(change, rate, out=change)
        np.add(a, change, out=a)
