"""Inverted dropout: drop units, rescale the rest; and dropout of input characters."""

from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import DType, Floats, Ids, empty
from charrnn.nn.layers.noise import NoiseKey, keep_


@dataclass(frozen=True)
class Dropout:
    """Inverted dropout (Srivastava et al. 2014, section 10): y = x * mask, with E[mask] = 1.

    Variational: one mask per track for all steps of a chunk (Gal and Ghahramani 2016).
    """

    rate: float
    variational: bool = False

    def mask(self, T: int, B: int, H: int, dtype: DType) -> Floats:
        """Memory for the mask of a chunk: (T, B, H), or (1, B, H) for all steps."""
        return empty((1 if self.variational else T, B, H), dtype)

    def forward(self, x: Floats, mask: Floats, y: Floats, key: NoiseKey, layer: int) -> None:
        """y (T, B, H) from x, and the mask that `key` draws for `layer`."""
        if self.variational:
            key.once_("dropout", layer, mask[0])
        else:
            key.over_time_("dropout", layer, mask, scratch=y)
        keep_(mask, self.rate)
        np.multiply(x, mask, out=y)

    def backward_(self, dy: Floats, mask: Floats) -> None:
        """Overwrite dy (T, B, H) with dx."""
        np.multiply(dy, mask, out=dy)


class InputDropout:
    """Dropout of input characters: their x Wx is multiplied by 0, others' by 1/(1 - rate).

    Each character on its own, or, variational, all occurrences of a symbol in a track's chunk (Gal
    and Ghahramani 2016, 4.2). It is memory for (T, B) characters of V symbols.
    """

    def __init__(self, dropout: Dropout, T: int, B: int, V: int, dtype: DType) -> None:
        self.dropout = dropout
        kinds = V if dropout.variational else 0
        self.kept = empty((T, B, 1), dtype)
        self.scratch = empty((T, B, 1), dtype)
        self.by_kind = empty((B, kinds), dtype)
        self.places = empty((T, B), np.dtype(np.intp))
        self.rows = np.arange(B) * kinds

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        return sum(a.nbytes for a in vars(self).values() if isinstance(a, np.ndarray))

    def draw_(self, ids: Ids, key: NoiseKey) -> None:
        """Fill the factors for a chunk of `ids` (T, B)."""
        T = len(ids)
        kept = self.kept[:T]
        if self.dropout.variational:
            key.once_("dropout.input", 0, self.by_kind)
            keep_(self.by_kind, self.dropout.rate)
            np.add(ids, self.rows, out=self.places[:T])
            self.by_kind.reshape(-1).take(self.places[:T], out=kept[..., 0], mode="clip")
        else:
            key.over_time_("dropout.input", 0, kept, self.scratch[:T])
            keep_(kept, self.dropout.rate)

    def factors(self, steps: int) -> Floats:
        """The factor of each of the chunk's characters, (T*B,)."""
        return self.kept[:steps].reshape(-1)
