"""Two steps around the rule: gradient noise before it, the moving average of the weights after."""

from math import sqrt

import numpy as np

from charrnn.nn.arrays import Floats
from charrnn.nn.params import Params
from charrnn.optim.rules import SLICE

NOISE_DECAY = 0.55


def disturb_(g: Params, scratch: Floats, rng: np.random.Generator, *, eta: float, t: int) -> None:
    """Gradient noise (Neelakantan et al. 2015): a random push that decays over the steps.

    Add normal numbers of variance eta / (1 + t)**0.55 to the gradient of step t = 0, 1, ...
    """
    deviation = sqrt(eta / (1.0 + t) ** NOISE_DECAY)
    for k in range(0, g.flat.size, SLICE):
        dw = g.flat[k : k + SLICE]
        push = scratch[: len(dw)]
        rng.standard_normal(dtype=dw.dtype.type, out=push)
        np.multiply(push, deviation, out=push)
        np.add(dw, push, out=dw)


def average_(average: Params, p: Params, scratch: Floats, *, decay: float, t: int) -> None:
    """Move `average` towards `p` after step t = 1, 2, ...: a = d a + (1 - d) w.

    An exponential moving average (Polyak and Juditsky 1992 average all weights alike). Its memory
    grows with the run, d = min(decay, (1 + t) / (10 + t)), so that it forgets how the run began.
    """
    share = 1.0 - min(decay, (1.0 + t) / (10.0 + t))
    for k in range(0, p.flat.size, SLICE):
        a, w = average.flat[k : k + SLICE], p.flat[k : k + SLICE]
        change = scratch[: len(a)]
        np.subtract(w, a, out=change)
        np.multiply(change, share, out=change)
        np.add(a, change, out=a)
