"""The randomness of a training step: dropout probabilities, and the keys of the random numbers."""

from dataclasses import dataclass, replace

import numpy as np

from charrnn.nn.arrays import Floats
from charrnn.nn.rng import uniforms_


@dataclass(frozen=True)
class DropoutRates:
    """Dropout probabilities in training. Evaluation and sampling drop nothing."""

    input: float = 0.0  # that an input character is dropped
    hidden: float = 0.0  # that a unit is dropped between layers
    output: float = 0.0  # that a unit is dropped before the head
    recurrent: float = 0.0  # that a unit of h_{t-1} is dropped where Wh multiplies it
    weights: float = 0.0  # that an entry of Wh is dropped (DropConnect)
    zoneout: float = 0.0  # that a unit of a state keeps its previous value
    variational: bool = False  # one mask for all steps of a chunk


QUIET = DropoutRates()


@dataclass(frozen=True)
class NoiseKey:
    """Random numbers of [0, 1) as a function of a step, a name, a layer and a track.

    A worker with the tracks from `first_track` on drops what one process alone would drop, and a
    part of a chunk, from `first_step` on of `steps`, what the whole chunk would.
    """

    seed: int
    step: int
    first_track: int = 0
    first_step: int = 0
    steps: int = 0  # of the whole chunk; 0: it is one part

    def part(self, first_step: int, steps: int) -> "NoiseKey":
        """The same noise for the part of a chunk of `steps` that begins at `first_step`."""
        return replace(self, first_step=first_step, steps=steps)

    def over_time_(self, name: str, layer: int, out: Floats, scratch: Floats) -> None:
        """Fill `out` (T, B, K), different at every step. `scratch` has its size."""
        T, B, K = out.shape
        table = scratch.reshape(B, T * K)
        uniforms_(
            table,
            *(self.seed, name, self.step, layer),
            first=self.first_track,
            skip=self.first_step * K,
            width=max(T, self.steps) * K,
        )
        np.copyto(out, table.reshape(B, T, K).swapaxes(0, 1))

    def once_(self, name: str, layer: int, out: Floats) -> None:
        """Fill `out` (B, K), the same at every step of a chunk."""
        uniforms_(out, self.seed, name, self.step, layer, first=self.first_track)

    def for_all_(self, name: str, layer: int, out: Floats) -> None:
        """Fill `out`, the same for every track."""
        uniforms_(out.reshape(1, -1), self.seed, name, self.step, layer, first=0)


def keep_(numbers: Floats, rate: float) -> None:
    """Overwrite numbers of [0, 1) with a mask: 0 with probability `rate`, else 1/(1 - rate).

    The mask has mean 1: inverted dropout (Srivastava et al. 2014, section 10).
    """
    np.greater_equal(numbers, rate, out=numbers)
    np.multiply(numbers, 1.0 / (1.0 - rate), out=numbers)
