"""The recurrent matrix by its singular values: what they say about vanishing and exploding.

For h_t = f(z + h_{t-1} Wh), with f nowhere steeper than gamma, a step back multiplies the gradient
by at most gamma * sigma_max: below 1 it must vanish, and it cannot explode unless that is above 1
(Pascanu, Mikolov and Bengio 2013, section 2.1). gamma is 1 for tanh and relu, 1/4 for a sigmoid.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Floats
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params

ROUNDING = 1e-4  # of float32 weights; an orthogonal matrix counts as one


@dataclass(frozen=True)
class Spectrum:
    """One gate's block (H, H) of Wh."""

    layer: int  # 0 is the lowest
    gate: str
    slope: float  # gamma: the steepest of its nonlinearity
    alone: bool  # whether the bounds hold for the layer: no other way back in time, and no norm
    singular_values: Floats  # (H,), the largest first
    radius: float  # of the eigenvalues: the largest absolute value

    @property
    def largest(self) -> float:
        return float(self.singular_values[0])

    @property
    def bound(self) -> float:
        """gamma * sigma_max: by how much a step back can lengthen what goes through this gate."""
        return self.slope * self.largest

    @property
    def vanishes(self) -> bool:
        """Whether the gradient through this gate alone must vanish."""
        return self.bound < 1.0 - ROUNDING

    @property
    def may_explode(self) -> bool:
        """Whether what exploding needs is there; it need not come of it."""
        return self.bound > 1.0 + ROUNDING


def spectra(model: CharModel, p: Params) -> Iterator[Spectrum]:
    """The spectrum of every gate of every layer; weights are finite."""
    for k, cell in enumerate(model.cells):
        blocks = np.split(p[f"layers.{k}.Wh"].astype(np.float64), len(cell.gates), axis=1)
        for gate, block in zip(cell.gates, blocks, strict=True):
            values = np.linalg.svd(block, compute_uv=False)
            yield Spectrum(
                layer=k,
                gate=gate.name,
                slope=gate.slope,
                alone=len(cell.gates) == 1 and not cell.layer_norm and not model.dropout.zoneout,
                singular_values=values,
                radius=spectral_radius(block),
            )


def spectral_radius(w: Floats) -> float:
    """The largest absolute eigenvalue of a square matrix."""
    return float(np.abs(np.linalg.eigvals(w)).max())
