"""Dropout between layers: in training some outputs are silenced and the others speak up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from charrnn.arrays import Floats
from charrnn.rng import uniforms_

Noise: TypeAlias = Callable[[int, Floats], None]  # a layer, and an array to fill with [0, 1)


@dataclass(frozen=True)
class Dropout:
    """Inverted dropout (Srivastava et al. 2014, section 10): y = x * mask, with E[mask] = 1.

    Evaluation and sampling then use the weights as they are, and skip this layer.
    """

    rate: float

    def forward(self, x: Floats, mask: Floats, y: Floats, noise: Noise, layer: int) -> None:
        """y (T, B, H) from x, and the mask, 0 or 1/(1 - rate), by a row of noise a track."""
        T, B, H = y.shape
        numbers = y.reshape(B, T * H)
        noise(layer, numbers)
        np.greater_equal(numbers.reshape(B, T, H).swapaxes(0, 1), self.rate, out=mask)
        np.multiply(mask, 1.0 / (1.0 - self.rate), out=mask)
        np.multiply(x, mask, out=y)

    def backward(self, dy: Floats, mask: Floats) -> None:
        """Overwrite dy (T, B, H) with dx."""
        np.multiply(dy, mask, out=dy)


def noise_of(seed: int, step: int, first_track: int = 0) -> Noise:
    """The numbers that decide what is dropped in a step. They belong to layers and to tracks.

    So a worker that has the tracks from `first_track` on drops what one process alone would.
    """

    def fill(layer: int, out: Floats) -> None:
        uniforms_(out, seed, "dropout", step, layer, first=first_track)

    return fill
