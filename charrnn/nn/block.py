"""A block: a cell, and what training does to its past and to what it hands upward."""

from dataclasses import dataclass, replace

from charrnn.nn.arrays import DType, Floats, empty
from charrnn.nn.cells import Cell, State, Tape
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.layers.dropout import Dropout
from charrnn.nn.layers.noise import DropoutRates, NoiseKey
from charrnn.nn.layers.recurrent_noise import PastTape, Weights


@dataclass(frozen=True)
class BlockTape:
    """Memory for a chunk: the cell's, that of the noise, and in numbers 2*T*B*H for a dropout."""

    cell: Tape
    past: PastTape
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
        return sum(own) + self.cell.nbytes + self.past.nbytes

    def output(self, noise: NoiseKey | None) -> Floats:
        """What is handed upward (T, B, H): the hidden states, after dropout if there is any."""
        return self.cell.h[1:] if noise is None or self.dropped is None else self.dropped


@dataclass(frozen=True)
class Block:
    """Layer `k` of a network, between its pre-activations from below and what is read above."""

    k: int
    cell: Cell
    rates: DropoutRates
    dropout: Dropout  # of the outputs

    def tape(self, T: int, B: int, dtype: DType, kernels: Kernels) -> BlockTape:
        """Memory for chunks of up to T steps of B tracks."""
        H, G, states = self.cell.hidden_size, self.cell.gates, len(self.cell.states)
        drops = self.dropout.rate > 0
        return BlockTape(
            cell=self.cell.tape(T, B, dtype, kernels),
            past=PastTape(self.rates, T, B, H, states, G * H, dtype),
            mask=self.dropout.mask(T, B, H, dtype) if drops else None,
            dropped=empty((T, B, H), dtype) if drops else None,
        )

    def prepare(self, w: Weights, tape: BlockTape, noise: NoiseKey | None) -> None:
        """Lay the weights out, once after they have changed, and some of them dropped."""
        tape.past.drop_weights_(noise, self.k, w["Wh"])
        self.cell.prepare(tape.past.weights(noise, w), tape.cell)

    def forward(self, w: Weights, state: State, tape: BlockTape, noise: NoiseKey | None) -> Floats:
        """From the pre-activations on the tape to what is read above (T, B, H)."""
        steps = len(tape.cell.z)
        tape.past.draw_(noise, self.k, steps)
        past = tape.past.past(noise, steps)
        self.cell.forward(tape.past.weights(noise, w), state, tape.cell, past)
        if noise is not None and tape.mask is not None and tape.dropped is not None:
            self.dropout.forward(tape.cell.h[1:], tape.mask, tape.dropped, noise, self.k)
        return tape.output(noise)

    def backward(
        self,
        w: Weights,
        dy: Floats,
        tape: BlockTape,
        g: Weights,
        dstate: State | None,
        noise: NoiseKey | None,
    ) -> State:
        """From dy to the gradients of the pre-activations, on the tape, and of the weights.

        Overwrites dy. Returns the gradient of the incoming state.
        """
        if noise is not None and tape.mask is not None:
            self.dropout.backward(dy, tape.mask)
        weights, past = tape.past.weights(noise, w), tape.past.past(noise, len(dy))
        dinitial = self.cell.backward(weights, dy, tape.cell, g, dstate, past)
        tape.past.drop_weights_backward(noise, g["Wh"])
        return dinitial
