"""The mean of the weights over time: what is judged and kept, while the weights train."""

import numpy as np

from charrnn.nn.arrays import Floats
from charrnn.nn.params import Params
from charrnn.optim.rules import SLICE


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
