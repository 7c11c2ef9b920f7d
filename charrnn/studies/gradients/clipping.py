"""Clipping: the gradient norms of chunks, before and after it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Bools, Floats, States
from charrnn.nn.backprop import backprop_of
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.noise import NoiseKey
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.optim.clip import clip_, norm_of
from charrnn.text.batches import Chunks


@dataclass(frozen=True)
class Clipping:
    """Lengths of the gradient of C chunks; NaN or infinite where it is not finite."""

    before: Floats  # (C,)
    after: Floats  # (C,)
    bounded: Bools  # (C,), whether anything was cut

    @property
    def share(self) -> float:
        """The share of chunks whose gradient was clipped."""
        return float(self.bounded.mean())


def clipped_lengths(
    model: CharModel,
    p: Params,
    batches: Chunks,
    chunks: int,
    *,
    value: float | None,
    norm: float | None,
    seed: int,
    recompute: int | None = None,
    kernels: Kernels = NUMPY,
) -> Iterator[tuple[float, float, bool]]:
    """Before, after and whether it was cut, of the first `chunks` chunks under the same weights.

    The chunks are those of training, with its noise and the state that it carries.
    """
    T, B, g = batches.longest, batches.batch_size, p.like()
    backprop = backprop_of(model, T, B, p.flat.dtype, kernels, recompute=recompute)
    state: States | None = None
    for k in range(chunks):
        chunk = batches.chunk(k)
        before = state if chunk.carried else None
        with np.errstate(over="ignore", invalid="ignore"):
            _, state = backprop(p, g, chunk, before, NoiseKey(seed, k))
            clipped = clip_(g, value=value, norm=norm)
            after = norm_of(g)
        yield clipped.norm, after, clipped.bounded
