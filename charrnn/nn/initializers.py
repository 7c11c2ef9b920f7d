"""Initial values of the matrices. Biases start at 0 unless a cell sets them.

A matrix of a layer with G gates is G blocks (D, H) side by side, and each block is drawn as a
matrix of its own: the scale of a gate must not depend on the number of gates.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Protocol

import numpy as np

from charrnn.nn.arrays import Floats
from charrnn.settings import above, setting


class Initializer(Protocol):
    """Fills a block of Wx (`input_`) or of Wh (`recurrent_`)."""

    def input_(self, w: Floats, rng: np.random.Generator) -> None: ...
    def recurrent_(self, w: Floats, rng: np.random.Generator) -> None: ...


def glorot_(w: Floats, rng: np.random.Generator) -> None:
    """Uniform within sqrt(6 / (fan_in + fan_out)) of 0 (Glorot and Bengio 2010, eq. 16)."""
    limit = sqrt(6.0 / (w.shape[0] + w.shape[1]))
    w[...] = rng.uniform(-limit, limit, w.shape)


def orthogonal_(w: Floats, rng: np.random.Generator) -> None:
    """Orthonormal rows or columns, whichever are fewer (Saxe, McClelland and Ganguli 2014).

    The signs of R's diagonal make the draw uniform over the orthogonal group (Mezzadri 2007).
    """
    normal = rng.standard_normal((max(w.shape), min(w.shape)))
    q, r = np.linalg.qr(normal)
    q *= np.sign(np.diag(r))
    w[...] = q if w.shape[0] >= w.shape[1] else q.T


@dataclass(frozen=True)
class Default:
    """Glorot for input weights, orthogonal for recurrent weights."""

    def input_(self, w: Floats, rng: np.random.Generator) -> None:
        glorot_(w, rng)

    def recurrent_(self, w: Floats, rng: np.random.Generator) -> None:
        orthogonal_(w, rng)


@dataclass(frozen=True)
class Uniform:
    """Uniform in [-1/sqrt(width), 1/sqrt(width)], the default of torch7 and PyTorch."""

    def input_(self, w: Floats, rng: np.random.Generator) -> None:
        limit = 1.0 / sqrt(w.shape[1])
        w[...] = rng.uniform(-limit, limit, w.shape)

    recurrent_ = input_


@dataclass(frozen=True)
class Normal:
    """Independent normal entries with mean 0, as in min-char-rnn."""

    std: float = setting(0.01, "standard deviation of the weights", above(0))

    def input_(self, w: Floats, rng: np.random.Generator) -> None:
        w[...] = rng.normal(0.0, self.std, w.shape)

    recurrent_ = input_


@dataclass(frozen=True)
class Glorot:
    """Glorot uniform for all weights."""

    def input_(self, w: Floats, rng: np.random.Generator) -> None:
        glorot_(w, rng)

    recurrent_ = input_


@dataclass(frozen=True)
class Orthogonal:
    """Orthogonal for all weights."""

    def input_(self, w: Floats, rng: np.random.Generator) -> None:
        orthogonal_(w, rng)

    recurrent_ = input_


@dataclass(frozen=True)
class Identity:
    """Glorot for input, identity for recurrent weights; with relu the IRNN (Le et al. 2015)."""

    def input_(self, w: Floats, rng: np.random.Generator) -> None:
        glorot_(w, rng)

    def recurrent_(self, w: Floats, rng: np.random.Generator) -> None:
        w[...] = np.eye(len(w))


INITIALIZERS: dict[str, type[Initializer]] = {
    "default": Default,
    "uniform": Uniform,
    "normal": Normal,
    "glorot": Glorot,
    "orthogonal": Orthogonal,
    "identity": Identity,
}
