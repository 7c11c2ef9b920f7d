"""What training does to a layer's past: units dropped, weights dropped, states that stay."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from charrnn.nn.arrays import DType, Floats, empty, zeros
from charrnn.nn.layers.noise import DropoutRates, NoiseKey, keep_

State: TypeAlias = tuple[Floats, ...]  # (h,) or (h, c), each (B, H)
Weights: TypeAlias = dict[str, Floats]


@dataclass(frozen=True)
class Past:
    """What is done to the past of a chunk; None: nothing.

    mask  (B, H)              multiplies the h that a step reads, alike at every step
    held  (T, B, H) a state   the share of the old state that stays in the new one (zoneout,
                              Krueger et al. 2017): 0 or 1 in training, the rate otherwise
    """

    mask: Floats | None = None
    held: State | None = None
    spare: State = ()  # (B, H): memory, and what a gradient leaves behind, a state each
    zero: Floats | None = None  # (B, H) of 0

    def hold_(self, t: int, new: State, old: State) -> None:
        """new = held * old + (1 - held) * new, for every array of the state after step `t`."""
        assert self.held is not None
        for n, o, held, scratch in zip(new, old, self.held, self.spare, strict=True):
            np.subtract(o, n, out=scratch)
            np.multiply(scratch, held[t], out=scratch)
            np.add(n, scratch, out=n)

    def release_(self, t: int, d: State) -> None:
        """Divide `d`, the gradient of the state after step `t`: what goes to the old state is kept.

        What stays in `d` is the gradient of the new state, before `hold_`.
        """
        assert self.held is not None
        for mine, held, kept in zip(d, self.held, self.spare, strict=True):
            np.multiply(mine, held[t], out=kept)
            np.subtract(mine, kept, out=mine)

    def return_(self, d: State) -> None:
        """Add what `release_` kept to `d`, now the gradient of the old state."""
        for mine, kept in zip(d, self.spare, strict=True):
            np.add(mine, kept, out=mine)


UNTOUCHED = Past()


class PastTape:
    """Memory for the noise of one layer's past, and of its recurrent matrix (DropConnect)."""

    def __init__(
        self, rates: DropoutRates, T: int, B: int, H: int, states: int, width: int, dtype: DType
    ) -> None:
        self.rates = rates
        self.mask = empty((B, H), dtype) if rates.recurrent else None
        self.held = tuple(empty((T, B, H), dtype) for _ in range(states if rates.zoneout else 0))
        self.scratch = empty((T, B, H), dtype) if rates.zoneout else None
        self.spare = tuple(empty((B, H), dtype) for _ in self.held)
        self.zero = zeros((B, H), dtype) if rates.zoneout else None
        self.kept = empty((H, width), dtype) if rates.weights else None
        self.Wh = empty((H, width), dtype) if rates.weights else None

    @property
    def nbytes(self) -> int:
        arrays = (self.mask, self.scratch, self.zero, self.kept, self.Wh, *self.held, *self.spare)
        return sum(array.nbytes for array in arrays if array is not None)

    def draw_(self, noise: NoiseKey | None, layer: int, steps: int) -> None:
        """Fill the masks for a chunk of `steps` steps."""
        if noise is None:
            return
        if self.mask is not None:
            noise.once_("dropout.recurrent", layer, self.mask)
            keep_(self.mask, self.rates.recurrent)
        for k, held in enumerate(self.held):
            assert self.scratch is not None
            noise.over_time_(f"zoneout.{k}", layer, held[:steps], self.scratch[:steps])
            np.less(held[:steps], self.rates.zoneout, out=held[:steps])

    def past(self, noise: NoiseKey | None, steps: int) -> Past:
        """What `draw_` made of the past; without noise, what is expected of it."""
        if noise is None:
            return self._expected(steps)
        held = tuple(state[:steps] for state in self.held)
        return Past(self.mask, held or None, self.spare, self.zero)

    def weights(self, noise: NoiseKey | None, w: Weights) -> Weights:
        """The weights of a cell, some of those of its past dropped by `drop_weights_`."""
        return w if noise is None or self.Wh is None else {**w, "Wh": self.Wh}

    def drop_weights_(self, noise: NoiseKey | None, layer: int, Wh: Floats) -> None:
        """DropConnect on the recurrent matrix, alike for all (Wan et al. 2013, Merity 2018)."""
        if noise is not None and self.kept is not None and self.Wh is not None:
            noise.for_all_("dropout.weights", layer, self.kept)
            keep_(self.kept, self.rates.weights)
            np.multiply(Wh, self.kept, out=self.Wh)

    def drop_weights_backward(self, noise: NoiseKey | None, dWh: Floats) -> None:
        """Overwrite the gradient of the matrix with weights dropped by that of the whole one."""
        if noise is not None and self.kept is not None:
            np.multiply(dWh, self.kept, out=dWh)

    def _expected(self, steps: int) -> Past:
        if not self.held:
            return UNTOUCHED
        rate = np.array(self.rates.zoneout, self.held[0].dtype)
        held = tuple(np.broadcast_to(rate, state[:steps].shape) for state in self.held)
        return Past(None, held, self.spare, self.zero)
