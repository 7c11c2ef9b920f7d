"""A block: a cell with its recurrent regularisation, and the dropout of its outputs."""

from dataclasses import dataclass, replace

from charrnn.nn.arrays import DType, Floats, State, Weights, empty
from charrnn.nn.cells import Cell, Tape
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.layers.dropout import Dropout
from charrnn.nn.layers.noise import DropoutRates, NoiseKey
from charrnn.nn.layers.recurrent_noise import RecurrentNoise
from charrnn.nn.unroll import unroll, unroll_back


@dataclass(frozen=True)
class BlockTape:
    """Memory for a chunk: the cell's, that of the noise, and in numbers 2*T*B*H for a dropout."""

    cell: Tape
    noise: RecurrentNoise
    mask: Floats | None  # (T, B, H), or (1, B, H) for all steps
    dropped: Floats | None  # (T, B, H)

    def first(self, steps: int) -> "BlockTape":
        """The same memory for a shorter chunk."""
        return replace(
            self,
            cell=self.cell.first(steps),
            mask=None if self.mask is None else self.mask[:steps],
            dropped=None if self.dropped is None else self.dropped[:steps],
        )

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        own = [array.nbytes for array in (self.mask, self.dropped) if array is not None]
        return sum(own) + self.cell.nbytes + self.noise.nbytes

    def output(self, key: NoiseKey | None) -> Floats:
        """The output (T, B, H) of the layer: the hidden states, after dropout if there is any."""
        return self.cell.h[1:] if key is None or self.dropped is None else self.dropped


@dataclass(frozen=True)
class Block:
    """Layer `k` of a network, between its pre-activations from below and what is read above.

    Without a key nothing is dropped, and zoneout is replaced by its mean.
    """

    k: int
    cell: Cell
    rates: DropoutRates
    dropout: Dropout  # of the outputs

    def tape(self, T: int, B: int, dtype: DType, kernels: Kernels) -> BlockTape:
        """Memory for chunks of up to T steps of B tracks."""
        H, G, states = self.cell.hidden_size, len(self.cell.gates), len(self.cell.states)
        drops = self.dropout.rate > 0
        return BlockTape(
            cell=self.cell.tape(T, B, dtype, kernels, self.rates),
            noise=RecurrentNoise(self.rates, T, B, H, states, G * H, dtype),
            mask=self.dropout.mask(T, B, H, dtype) if drops else None,
            dropped=empty((T, B, H), dtype) if drops else None,
        )

    def prepare(self, w: Weights, tape: BlockTape, key: NoiseKey | None) -> None:
        """Lay the weights out, once after they have changed, and draw what is dropped of them."""
        tape.noise.drop_weights_(key, self.k, w["Wh"])
        mask = tape.noise.dropped(key, self.k)
        self.cell.prepare(tape.noise.weights(key, w), tape.cell, mask)

    def forward(self, w: Weights, state: State, tape: BlockTape, key: NoiseKey | None) -> Floats:
        """From the pre-activations on the tape to what is read above (T, B, H)."""
        steps = len(tape.cell.z)
        tape.noise.draw_zoneout_(key, self.k, steps)
        zoneout = tape.noise.zoneout(key, steps)
        unroll(self.cell, tape.noise.weights(key, w), state, tape.cell, zoneout)
        if key is not None and tape.mask is not None and tape.dropped is not None:
            self.dropout.forward(tape.cell.h[1:], tape.mask, tape.dropped, key, self.k)
        return tape.output(key)

    def backward_(
        self,
        w: Weights,
        dy: Floats,
        tape: BlockTape,
        g: Weights,
        dstate: State | None,
        key: NoiseKey | None,
    ) -> State:
        """From dy to the gradients of the pre-activations, on the tape, and of the weights.

        Overwrites dy. Returns the gradient of the incoming state.
        """
        if key is not None and tape.mask is not None:
            self.dropout.backward_(dy, tape.mask)
        weights, zoneout = tape.noise.weights(key, w), tape.noise.zoneout(key, len(dy))
        dinitial = unroll_back(self.cell, weights, dy, tape.cell, g, dstate, zoneout)
        tape.noise.drop_gradient_(key, g["Wh"])
        return dinitial
