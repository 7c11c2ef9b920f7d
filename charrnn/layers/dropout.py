"""Dropout between layers: in training some outputs are silenced and the others speak up."""

from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Floats


@dataclass(frozen=True)
class Dropout:
    """Inverted dropout (Srivastava et al. 2014, section 10): y = x * mask, with E[mask] = 1.

    Evaluation and sampling then use the weights as they are, and skip this layer.
    """

    rate: float

    def forward(self, x: Floats, mask: Floats, y: Floats, rng: np.random.Generator) -> None:
        """y (T, B, H) from x, and the mask, 0 or 1/(1 - rate), that made it."""
        rng.random(dtype=y.dtype.type, out=y)
        np.greater_equal(y, self.rate, out=mask)
        np.multiply(mask, 1.0 / (1.0 - self.rate), out=mask)
        np.multiply(x, mask, out=y)

    def backward(self, dy: Floats, mask: Floats) -> None:
        """Overwrite dy (T, B, H) with dx."""
        np.multiply(dy, mask, out=dy)
