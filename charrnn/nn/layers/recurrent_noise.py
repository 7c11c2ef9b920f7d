"""Recurrent regularisation: recurrent dropout, DropConnect on Wh, zoneout."""

from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import DType, Floats, State, Weights, empty, zeros
from charrnn.nn.layers.noise import DropoutRates, NoiseKey, keep_


@dataclass(frozen=True)
class Zoneout:
    """Units of a state that keep their previous value (Krueger et al. 2017).

        s_t = held_t * s_{t-1} + (1 - held_t) * s'_t

    for every array s of the state, where s' is what the cell computed. held is 0 or 1 in training
    and the zoneout probability, its mean, otherwise.
    """

    held: State  # (T, B, H) an array of the state
    spare: State  # (B, H) an array of the state
    zero: Floats  # (B, H) of 0

    def hold_(self, t: int, computed: State, states: State) -> None:
        """states[t+1] from computed[t] and states[t]."""
        for new, s, held, change in zip(computed, states, self.held, self.spare, strict=True):
            np.subtract(s[t], new[t], out=change)
            np.multiply(change, held[t], out=change)
            np.add(new[t], change, out=s[t + 1])

    def release_(self, t: int, d: State, dh_above: Floats) -> Floats:
        """From the gradient of s_t in `d`, with `dh_above` added to that of h, to that of s'_t.

        What goes past the cell, held_t * ds_t, is in `spare` until `return_`. Returns what is left
        of `dh_above` for the cell to add: zeros.
        """
        np.add(d[0], dh_above, out=d[0])
        for ds, held, past_cell in zip(d, self.held, self.spare, strict=True):
            np.multiply(ds, held[t], out=past_cell)
            np.subtract(ds, past_cell, out=ds)
        return self.zero

    def return_(self, d: State) -> None:
        """Add what went past the cell to `d`, which the cell has made the gradient of s_{t-1}."""
        for ds, past_cell in zip(d, self.spare, strict=True):
            np.add(ds, past_cell, out=ds)


class RecurrentNoise:
    """Memory for the recurrent regularisation of one layer, and the draws that fill it."""

    def __init__(
        self, rates: DropoutRates, T: int, B: int, H: int, states: int, width: int, dtype: DType
    ) -> None:
        self.rates = rates
        self.mask = empty((B, H), dtype) if rates.recurrent else None
        self.held = tuple(empty((T, B, H), dtype) for _ in range(states if rates.zoneout else 0))
        self.scratch = empty((T, B, H), dtype) if rates.zoneout else None
        self.spare = tuple(empty((B, H), dtype) for _ in self.held)
        self.zero = zeros((B, H), dtype) if rates.zoneout else None
        self.kept = empty((H, width), dtype) if rates.weights else None  # mask of DropConnect
        self.Wh = empty((H, width), dtype) if rates.weights else None  # kept * Wh

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        arrays = (self.mask, self.scratch, self.zero, self.kept, self.Wh, *self.held, *self.spare)
        return sum(array.nbytes for array in arrays if array is not None)

    def dropped(self, key: NoiseKey | None, layer: int) -> Floats | None:
        """The mask (B, H) of recurrent dropout, drawn; None if nothing is dropped."""
        if key is None or self.mask is None:
            return None
        key.once_("dropout.recurrent", layer, self.mask)
        keep_(self.mask, self.rates.recurrent)
        return self.mask

    def drop_weights_(self, key: NoiseKey | None, layer: int, Wh: Floats) -> None:
        """DropConnect: draw the same mask of Wh for all tracks (Wan et al. 2013, Merity 2018)."""
        if key is not None and self.kept is not None and self.Wh is not None:
            key.for_all_("dropout.weights", layer, self.kept)
            keep_(self.kept, self.rates.weights)
            np.multiply(Wh, self.kept, out=self.Wh)

    def weights(self, key: NoiseKey | None, w: Weights) -> Weights:
        """The cell's weights, with Wh as `drop_weights_` made it."""
        return w if key is None or self.Wh is None else {**w, "Wh": self.Wh}

    def drop_gradient_(self, key: NoiseKey | None, dWh: Floats) -> None:
        """Overwrite the gradient of the dropped matrix with that of Wh."""
        if key is not None and self.kept is not None:
            np.multiply(dWh, self.kept, out=dWh)

    def draw_zoneout_(self, key: NoiseKey | None, layer: int, steps: int) -> None:
        """Choose the units that keep their values at each of `steps` steps."""
        if key is None or self.scratch is None:
            return
        for k, held in enumerate(self.held):
            key.over_time_(f"zoneout.{k}", layer, held[:steps], self.scratch[:steps])
            np.less(held[:steps], self.rates.zoneout, out=held[:steps])

    def zoneout(self, key: NoiseKey | None, steps: int) -> Zoneout | None:
        """Zoneout as it was drawn, or its mean without `key`; None if there is none."""
        if self.zero is None:
            return None
        if key is not None:
            return Zoneout(tuple(held[:steps] for held in self.held), self.spare, self.zero)
        rate = np.array(self.rates.zoneout, self.zero.dtype)
        mean = np.broadcast_to(rate, (steps, *self.zero.shape))
        return Zoneout(tuple(mean for _ in self.held), self.spare, self.zero)
