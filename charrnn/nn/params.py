"""Params: every weight of a model by name, and all of them as one flat vector.

The named arrays are views into the vector, so a change of one is a change of the other. Clipping,
optimizers and the sum over workers, which treat all weights alike, see one vector; layers see
names.
"""

from collections.abc import Iterator, Mapping
from math import prod
from types import MappingProxyType

import numpy as np

from charrnn.nn.arrays import Floats, Shape, Weights, zeros


class Params(Mapping[str, Floats]):
    """Named views into `flat` (N,).

    Matrices come first in the vector and vectors (biases, initial states) after them, so that
    weight decay, which is for matrices, concerns one slice: `flat[:decayed]`.
    """

    def __init__(self, shapes: Mapping[str, Shape], flat: Floats) -> None:
        """Lay `shapes` over `flat`, whose size must be `size_of(shapes)`."""
        if flat.shape != (size_of(shapes),):
            raise ValueError(
                f"{size_of(shapes)} parameters do not fit a vector of shape {flat.shape}"
            )
        self.shapes = MappingProxyType(dict(shapes))
        self.flat = flat
        self.decayed = size_of({k: s for k, s in shapes.items() if len(s) > 1})
        offset = 0
        views: dict[str, Floats] = {}
        for name, shape in sorted(shapes.items(), key=lambda item: len(item[1]) == 1):
            views[name] = flat[offset : offset + prod(shape)].reshape(shape)
            offset += prod(shape)
        self._views = {name: views[name] for name in shapes}
        self._scopes: dict[str, Weights] = {}

    @classmethod
    def zeros(cls, shapes: Mapping[str, Shape], dtype: np.dtype[np.floating]) -> "Params":
        """Params of the given shapes, all 0."""
        return cls(shapes, zeros((size_of(shapes),), dtype))

    def like(self) -> "Params":
        """Params of the same shapes in fresh memory, all 0."""
        return Params(self.shapes, zeros(self.flat.shape, self.flat.dtype))

    def copy(self) -> "Params":
        """The same values in fresh memory."""
        fresh = self.like()
        np.copyto(fresh.flat, self.flat)
        return fresh

    def scope(self, prefix: str) -> Weights:
        """The views whose names start with `prefix` and a dot, under the rest of their names."""
        if prefix not in self._scopes:
            start = f"{prefix}."
            self._scopes[prefix] = {
                k.removeprefix(start): v for k, v in self._views.items() if k.startswith(start)
            }
        return self._scopes[prefix]

    def __getitem__(self, name: str) -> Floats:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)


def size_of(shapes: Mapping[str, Shape]) -> int:
    """N: how many numbers arrays of these shapes hold."""
    return sum(prod(shape) for shape in shapes.values())
