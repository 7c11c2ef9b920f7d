"""The vanilla recurrent network: one matrix, one nonlinearity."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.nn.arrays import DType, Floats, Shape, empty
from charrnn.nn.cells.base import State, Tape, Weights, layer_norm, past_shapes, recurrent_
from charrnn.nn.initializers import Initializer
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.recurrent_noise import UNTOUCHED, Past
from charrnn.nn.layers.recurrent_product import Recurrence
from charrnn.nn.ops import tanh_slope
from charrnn.settings import one_of, setting


@dataclass(frozen=True)
class RnnTape(Tape):
    """Numbers: 3*T*B*H over time, 2*B*H for the states at both ends, 2*B*H of scratch for a step.

    Beside them the two layouts of Wh, 2*H*H where the kernels are plain.
    Layer norm adds 2*T*B*H and T*B, and B*H and B of scratch.
    """

    slopes: Floats  # (T, B, H)
    past: Recurrence  # h Wh
    dh: Floats  # (B, H)


@dataclass(frozen=True)
class Rnn:
    """The simple recurrent network (Elman 1990).

        h_t = tanh(z + h_{t-1} Wh)

    where z = x Wx + b comes from below. With `activation: relu` and the `identity` initializer it
    is the IRNN (Le, Jaitly and Hinton 2015).
    """

    hidden_size: int
    activation: str = setting("tanh", "the nonlinearity", one_of("tanh", "relu"))
    layer_norm: bool = layer_norm()

    gates: ClassVar[int] = 1
    slopes: ClassVar[dict[str, float]] = {"h": 1.0}
    states: ClassVar[tuple[str, ...]] = ("h",)

    def shapes(self) -> dict[str, Shape]:
        return past_shapes(self.hidden_size, self.gates, self.layer_norm)

    def init_(self, p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
        recurrent_(p, self.gates, initializer, rng)

    def tape(self, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY) -> RnnTape:
        H = self.hidden_size
        return RnnTape(
            kernels=kernels,
            z=empty((T, B, H), dtype),
            h=empty((T + 1, B, H), dtype),
            last=(empty((B, H), dtype),),
            slopes=empty((T, B, H), dtype),
            past=Recurrence(T, B, H, H, dtype, kernels, self.layer_norm),
            dh=empty((B, H), dtype),
        )

    def prepare(self, p: Weights, tape: RnnTape) -> None:
        tape.past.prepare(p["Wh"])

    def forward(self, p: Weights, state: State, tape: RnnTape, past: Past = UNTOUCHED) -> State:
        h = tape.h
        np.copyto(h[0], state[0])
        step = tape.kernels.step(rnn_tanh if self.activation == "tanh" else rnn_relu)
        read = tape.past.reader(past.mask, p.get("gh"))
        for t, (z, h_prev, h_t) in enumerate(zip(tape.z, h, h[1:], strict=False)):
            read(h_prev, h_t)
            step(z, h_t)
            if past.held:
                np.copyto(z, h_t)
                past.hold_(t, (h_t,), (h_prev,))
        return tape.leave(len(tape.z))

    def backward(
        self,
        p: Weights,
        dh: Floats,
        tape: RnnTape,
        g: Weights,
        dstate: State | None = None,
        past: Past = UNTOUCHED,
    ) -> State:
        self._slopes(tape.z if past.held else tape.h[1:], tape.slopes)
        dz, dh_prev = tape.z, tape.dh
        (dh_prev[...],) = (0.0,) if dstate is None else dstate
        step = tape.kernels.step(rnn_backward)
        read = tape.past.back_reader(p["Wh"], past.mask, p.get("gh"), len(dh))
        for t in reversed(range(len(dh))):
            above = dh[t]
            if past.held:
                np.add(dh_prev, above, out=dh_prev)
                past.release_(t, (dh_prev,))
                above = past.zero
            step(above, dh_prev, tape.slopes[t], dz[t])
            read(dz[t], dh_prev)
            if past.held:
                past.return_((dh_prev,))
        tape.past.weight_gradients(tape.h[:-1], dz, past.mask, g["Wh"], g.get("gh"))
        return (dh_prev,)

    def _slopes(self, h: Floats, slopes: Floats) -> None:
        """The derivative of the nonlinearity at every step; for relu, 1 where h is positive."""
        if self.activation == "tanh":
            tanh_slope(h, out=slopes)
        else:
            np.sign(h, out=slopes)


def rnn_tanh(z: Floats, h: Floats) -> None:
    """One step: h, which is h_{t-1} Wh, becomes tanh(z + h)."""
    np.add(h, z, out=h)
    np.tanh(h, out=h)


def rnn_relu(z: Floats, h: Floats) -> None:
    """One step: h, which is h_{t-1} Wh, becomes max(0, z + h)."""
    np.add(h, z, out=h)
    np.maximum(h, 0.0, out=h)


def rnn_backward(dh_above: Floats, dh: Floats, slopes: Floats, dz: Floats) -> None:
    """One step: dz from the gradients that come from above and, in dh, from the next step."""
    np.add(dh_above, dh, out=dz)
    np.multiply(dz, slopes, out=dz)
