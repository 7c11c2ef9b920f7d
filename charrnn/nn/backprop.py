"""Back-propagation through one chunk: all steps in memory at once, or in parts."""

from typing import Protocol

import numpy as np

from charrnn.nn.arrays import DType, States, empty
from charrnn.nn.chunk import Chunk
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.noise import NoiseKey
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params


class Backprop(Protocol):
    """The loss and the gradient of chunks of up to T steps of B tracks. It owns the memory."""

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""

    def __call__(
        self, p: Params, g: Params, chunk: Chunk, state: States | None, key: NoiseKey | None = None
    ) -> tuple[float, States]:
        """The loss in nats per character, and the state that the next chunk starts from.

        The gradient of `p` overwrites `g`. A `state` of None is the initial one, which learns its
        gradient; without `key` nothing is dropped. The state that is returned is this object's
        memory: it lasts until the next call.
        """


class WholeChunk:
    """All T steps are in memory at once."""

    def __init__(
        self, model: CharModel, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY
    ) -> None:
        self.model, self.tape = model, model.tape(T, B, dtype, kernels)

    @property
    def nbytes(self) -> int:
        return self.tape.nbytes

    def __call__(
        self, p: Params, g: Params, chunk: Chunk, state: States | None, key: NoiseKey | None = None
    ) -> tuple[float, States]:
        return self.model.loss_and_grads(p, g, chunk, state, self.tape.first(len(chunk.x)), key)


class InParts:
    """N of the T steps are in memory at a time, the rest is computed again (Chen et al. 2016).

    The forward pass keeps the state before each part; the backward pass reads each part once more
    and adds its gradients up. This takes memory for N steps and T/N states instead of T steps, and
    one more forward pass. The results are those of `WholeChunk` to the order of a sum.
    """

    def __init__(
        self, model: CharModel, T: int, N: int, B: int, dtype: DType, kernels: Kernels = NUMPY
    ) -> None:
        self.model, self.N = model, N
        self.tape = model.tape(min(T, N), B, dtype, kernels)
        self.grads = Params.zeros(model.shapes(), dtype)
        self.starts = [self._states(B, dtype) for _ in range(-(-T // N))]
        self.carried, self.dlast = self._states(B, dtype), self._states(B, dtype)

    @property
    def nbytes(self) -> int:
        states = (*self.starts, self.carried, self.dlast)
        of_states = sum(array.nbytes for state in states for layer in state for array in layer)
        return self.tape.nbytes + self.grads.flat.nbytes + of_states

    def __call__(
        self, p: Params, g: Params, chunk: Chunk, state: States | None, key: NoiseKey | None = None
    ) -> tuple[float, States]:
        model, T = self.model, len(chunk.x)
        carry = T if chunk.carry is None else chunk.carry
        model.prepare(p, self.tape, key)
        start = model.initial_state(p, chunk.x.shape[1]) if state is None else state
        bounds = [(first, min(first + self.N, T)) for first in range(0, T, self.N)]
        loss = 0.0
        for (first, last), kept in zip(bounds, self.starts, strict=False):
            _copy(start, kept)
            part, part_key = chunk.part(first, last), key and key.part(first, T)
            summed, start = self._forward(p, part, kept, part_key)
            loss += summed
            if first < carry <= last:
                _copy(self._state_after(carry - first), self.carried)
        dlast: States | None = None
        for (first, last), kept in reversed([*zip(bounds, self.starts, strict=False)]):
            part, part_key = chunk.part(first, last), key and key.part(first, T)
            if dlast is not None:  # the tape holds another part by now
                self._forward(p, part, kept, part_key)
            dlast = self._backward(p, part, part_key, dlast)
            if last == T:
                np.copyto(g.flat, self.grads.flat)
            else:
                np.add(g.flat, self.grads.flat, out=g.flat)
        assert dlast is not None
        model.initial_gradients(g, dlast, begins=state is None)
        return loss / chunk.divisor, self.carried

    def _forward(
        self, p: Params, part: Chunk, start: States, key: NoiseKey | None
    ) -> tuple[float, States]:
        """The summed losses of the part, and the state after it, in memory of the tape."""
        tape = self.tape.first(len(part.x))
        last = self.model.forward(p, part.x, start, tape, key, skip=part.skip)
        return self.model.training_loss_(part, tape), last

    def _backward(
        self, p: Params, part: Chunk, key: NoiseKey | None, dlast: States | None
    ) -> States:
        """The gradient of the part's incoming state; those of the weights fill `self.grads`."""
        tape = self.tape.first(len(part.x))
        self.model.loss_backward_(part, tape)
        dstart = self.model.backward(p, self.grads, part, tape, key, dlast=dlast)
        _copy(dstart, self.dlast)
        return self.dlast

    def _state_after(self, steps: int) -> States:
        return tuple(block.cell.at(steps) for block in self.tape.stack.blocks)

    def _states(self, B: int, dtype: DType) -> States:
        return tuple(
            tuple(empty((B, cell.hidden_size), dtype) for _ in cell.states)
            for cell in self.model.cells
        )


def backprop_of(
    model: CharModel,
    T: int,
    B: int,
    dtype: DType,
    kernels: Kernels = NUMPY,
    *,
    recompute: int | None = None,
) -> Backprop:
    """Memory for chunks of up to T steps of B tracks, `recompute` steps at a time if T is more."""
    if recompute is not None and recompute < T:
        return InParts(model, T, recompute, B, dtype, kernels)
    return WholeChunk(model, T, B, dtype, kernels)


def _copy(source: States, target: States) -> None:
    for layer, to_layer in zip(source, target, strict=True):
        for array, to in zip(layer, to_layer, strict=True):
            np.copyto(to, array)
