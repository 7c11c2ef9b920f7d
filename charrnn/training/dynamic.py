"""Dynamic evaluation: the model learns from what it has just predicted, while it reads on.

Krause, Kahembwe, Murray and Renals (2018), Dynamic Evaluation of Neural Sequence Models, eq. 4-6.
Every character is predicted before the weights have seen it, so the loss is as honest as that of
the model that stays as it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from charrnn.nn.arrays import Floats, States
from charrnn.nn.backprop import WholeChunk
from charrnn.nn.chunk import Chunk
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.model import CharModel
from charrnn.nn.ops import may_overflow
from charrnn.nn.params import Params
from charrnn.text.part import Part

EPS = 0.05  # of the mean root: what training never changed is not to change without bounds


@dataclass(frozen=True)
class Adaptation:
    """How fast the weights follow the text, and how fast they return to what they were.

    The defaults were the best on the first 30,000 characters of a held-out text of plays, for a GRU
    2x256 of batches of 50 tracks: 1.378 became 1.304 nats/char; rates from 3e-5 to 6e-5 and decays
    from 2e-3 to 1e-2 were within 1 %.
    """

    rate: float = 5e-5
    decay: float = 3e-3
    steps: int = 20  # characters between two changes


class DynamicEvaluation:
    """One pass over `part`, a text, from its first character to its last.

    `mean_square` (N,) is how large the squared gradients of each weight are in training: steps are
    divided by its root, and where it is large the weights return sooner. Without it all weights
    are treated alike.
    """

    @may_overflow
    def __init__(
        self,
        model: CharModel,
        p: Params,
        part: Part,
        mean_square: Floats | None,
        how: Adaptation,
        kernels: Kernels = NUMPY,
    ) -> None:
        self.model, self.how = replace(model, label_smoothing=0.0), how
        (self.track,) = part.streams(exact=True)
        self.home, self.p, self.g = p, p.copy(), p.like()
        self.targets = part.targets
        root = np.ones_like(p.flat) if mean_square is None else np.sqrt(mean_square)
        if not root.any():  # a model that has not taken a step yet
            root[...] = 1.0
        self.step = how.rate / (root + EPS * root.mean())
        self.pull = np.minimum(how.decay * root / root.mean(), 1.0)
        self.backprop = WholeChunk(self.model, how.steps, 1, p.flat.dtype, kernels)
        self.total = 0.0

    @property
    def loss(self) -> float:
        """Mean loss of the whole part, in nats per character."""
        return self.total / self.targets

    def __iter__(self) -> Iterator[int]:
        """Yield, after every change of the weights, how many characters have been predicted."""
        state: States | None = None
        for start in range(0, self.targets, self.how.steps):
            stop = min(start + self.how.steps, self.targets)
            state = self._read(start, stop, state)
            yield stop

    @may_overflow
    def _read(self, start: int, stop: int, state: States | None) -> States:
        """Predict what is there, then learn from it. Returns the state at its end."""
        ids = self.track.ids(start, stop)
        loss, state = self.backprop(self.p, self.g, Chunk(ids[:-1], ids[1:]), state)
        self.total += loss * (stop - start)
        self._adapt()
        return state

    def _adapt(self) -> None:
        """w += pull * (home - w) - step * dw."""
        w, dw, home = self.p.flat, self.g.flat, self.home.flat
        np.multiply(dw, self.step, out=dw)
        back = home - w
        np.multiply(back, self.pull, out=back)
        np.add(w, back, out=w)
        np.subtract(w, dw, out=w)
