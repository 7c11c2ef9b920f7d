"""The vanilla recurrent network: one matrix, one nonlinearity."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.arrays import DType, Floats, Shape, empty
from charrnn.cells.base import State, Tape, Weights, recurrent_, rows
from charrnn.initializers import Initializer
from charrnn.kernels.base import Kernels, Product
from charrnn.kernels.plain import NUMPY
from charrnn.ops import tanh_slope
from charrnn.settings import one_of, setting


@dataclass(frozen=True)
class RnnTape(Tape):
    """Numbers: 3*T*B*H over time, 2*B*H for the states at both ends, B*H of scratch for a step.

    Beside them the two layouts of Wh, 2*H*H where the kernels are plain.
    """

    slopes: Floats  # (T, B, H)
    past: Product  # h Wh
    back: Product  # dz Wh.T
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

    gates: ClassVar[int] = 1
    states: ClassVar[tuple[str, ...]] = ("h",)

    def shapes(self) -> dict[str, Shape]:
        H = self.hidden_size
        return {"Wh": (H, H), "b": (H,)}

    def init_(self, p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
        recurrent_(p["Wh"], self.gates, initializer, rng)

    def tape(self, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY) -> RnnTape:
        H = self.hidden_size
        return RnnTape(
            kernels=kernels,
            z=empty((T, B, H), dtype),
            h=empty((T + 1, B, H), dtype),
            last=(empty((B, H), dtype),),
            slopes=empty((T, B, H), dtype),
            past=kernels.product(B, H, H, dtype),
            back=kernels.product(B, H, H, dtype),
            dh=empty((B, H), dtype),
        )

    def load(self, p: Weights, tape: RnnTape) -> None:
        tape.past.load(p["Wh"])

    def forward(self, p: Weights, state: State, tape: RnnTape) -> State:
        h = tape.h
        np.copyto(h[0], state[0])
        step = tape.kernels.step(rnn_tanh if self.activation == "tanh" else rnn_relu)
        past = tape.past
        for z, h_prev, h_t in zip(tape.z, h, h[1:], strict=False):
            past(h_prev, h_t)
            step(z, h_t)
        np.copyto(tape.last[0], h[-1])
        return tape.last

    def backward(
        self, p: Weights, dh: Floats, tape: RnnTape, g: Weights, dstate: State | None = None
    ) -> State:
        self._slopes(tape)
        dz, dh_prev = tape.z, tape.dh
        (dh_prev[...],) = (0.0,) if dstate is None else dstate
        tape.back.load(p["Wh"].T)
        step = tape.kernels.step(rnn_backward)
        for t in reversed(range(len(dh))):
            step(dh[t], dh_prev, tape.slopes[t], dz[t])
            tape.back(dz[t], dh_prev)
        np.matmul(rows(tape.h[:-1]).T, rows(dz), out=g["Wh"])
        return (dh_prev,)

    def _slopes(self, tape: RnnTape) -> None:
        """The derivative of the nonlinearity at every step; for relu, 1 where h is positive."""
        if self.activation == "tanh":
            tanh_slope(tape.h[1:], out=tape.slopes)
        else:
            np.sign(tape.h[1:], out=tape.slopes)


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
