"""Long chunks in little memory: only some states are kept, and the rest is computed again.

A chunk of T steps is read in parts of N. On the way forward the state before each part is kept, on
the way back each part is read once more, and its gradients are added (Chen et al. 2016): memory for
N steps and T/N states instead of T steps, for one more forward pass.
"""

import numpy as np

from charrnn.nn.arrays import DType, Floats, Ids, empty
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.noise import NoiseKey
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.nn.tape import WHOLE, States, Window


class InParts:
    """Memory for chunks of up to T steps of B tracks of `model`, read N steps at a time."""

    def __init__(
        self, model: CharModel, T: int, N: int, B: int, dtype: DType, kernels: Kernels = NUMPY
    ) -> None:
        self.model, self.N = model, N
        self.tape = model.tape(min(T, N), B, dtype, kernels)
        self.grads = Params.zeros(model.shapes(), dtype)
        parts = -(-T // N)
        self.starts = [self._states(B, dtype) for _ in range(parts)]
        self.carried, self.dlast = self._states(B, dtype), self._states(B, dtype)

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        states = (*self.starts, self.carried, self.dlast)
        kept = sum(array.nbytes for state in states for layer in state for array in layer)
        return self.tape.nbytes + self.grads.flat.nbytes + kept

    def loss_and_grads(
        self,
        p: Params,
        g: Params,
        x: Ids,
        y: Ids,
        state: States | None,
        noise: NoiseKey | None = None,
        targets: int | None = None,
        window: Window = WHOLE,
    ) -> tuple[float, States]:
        """As `CharModel.loss_and_grads`, to the order of a sum."""
        model, T = self.model, len(x)
        weights, carry, skip = window
        targets, carry = targets or y[skip:].size, T if carry is None else carry
        model.prepare(p, self.tape, noise)
        now, loss = model.initial_state(p, x.shape[1]) if state is None else state, 0.0
        for part, kept in zip(self._parts(T), self.starts, strict=False):
            _copy(now, kept)
            now = self._forward(p, x, kept, part, noise, skip)
            loss += self._loss(y, part, weights, skip)
            if part.start < carry <= part.stop:
                _copy(self._after(carry - part.start), self.carried)
        dlast: States | None = None
        for k, part in reversed([*enumerate(self._parts(T))]):
            if dlast is not None:
                self._forward(p, x, self.starts[k], part, noise, skip)
                self._loss(y, part, weights, skip)
            dlast = self._backward(p, x, part, noise, weights, skip, targets, dlast)
            if part.stop == T:
                np.copyto(g.flat, self.grads.flat)
            else:
                np.add(g.flat, self.grads.flat, out=g.flat)
        assert dlast is not None
        model.initial_gradients(g, dlast, begins=state is None)
        return loss / targets, self.carried

    def _parts(self, T: int) -> list[slice]:
        return [slice(k, min(k + self.N, T)) for k in range(0, T, self.N)]

    def _forward(
        self, p: Params, x: Ids, state: States, part: slice, noise: NoiseKey | None, skip: int
    ) -> States:
        steps = part.stop - part.start
        return self.model.forward(
            p,
            x[part],
            state,
            self.tape.first(steps),
            noise and noise.part(part.start, len(x)),
            skip=_skipped(part, skip),
        )

    def _loss(self, y: Ids, part: slice, weights: Floats | None, skip: int) -> float:
        tape, within = self.tape.first(part.stop - part.start), _skipped(part, skip)
        return self.model.training_loss(y[part], tape, _within(weights, part), within)

    def _backward(
        self,
        p: Params,
        x: Ids,
        part: slice,
        noise: NoiseKey | None,
        weights: Floats | None,
        skip: int,
        targets: int,
        dlast: States | None,
    ) -> States:
        tape, within = self.tape.first(part.stop - part.start), _skipped(part, skip)
        self.model.loss_backward(tape, _within(weights, part), within, targets)
        dstart = self.model.backward(p, self.grads, x[part], tape, noise, dlast=dlast, skip=within)
        _copy(dstart, self.dlast)
        return self.dlast

    def _after(self, steps: int) -> States:
        return tuple(memory.cell.at(steps) for memory in self.tape.blocks)

    def _states(self, B: int, dtype: DType) -> States:
        return tuple(
            tuple(empty((B, cell.hidden_size), dtype) for _ in cell.states)
            for cell in self.model.cells
        )


def _skipped(part: slice, skip: int) -> int:
    """How many of a part's steps are among the first `skip` of the chunk."""
    first, last = int(part.start), int(part.stop)
    return min(max(skip - first, 0), last - first)


def _within(weights: Floats | None, part: slice) -> Floats | None:
    return None if weights is None else weights[part]


def _copy(source: States, target: States) -> None:
    for layer, to_layer in zip(source, target, strict=True):
        for array, to in zip(layer, to_layer, strict=True):
            np.copyto(to, array)
