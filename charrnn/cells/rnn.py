"""The vanilla recurrent network: one matrix, one nonlinearity."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.arrays import Floats, Shape
from charrnn.cells.base import DType, State, Tape, Weights, recurrent_, rows
from charrnn.initializers import Initializer
from charrnn.ops import tanh_slope
from charrnn.settings import one_of, setting


@dataclass(frozen=True)
class RnnTape(Tape):
    """Numbers: 3*T*B*H over time, B*H for the incoming state, B*H + H*H of scratch."""

    slopes: Floats  # (T, B, H)
    WhT: Floats  # (H, H)
    dh_prev: Floats  # (B, H)


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

    def tape(self, T: int, B: int, dtype: DType) -> RnnTape:
        H = self.hidden_size
        return RnnTape(
            z=np.empty((T, B, H), dtype),
            h=np.empty((T + 1, B, H), dtype),
            slopes=np.empty((T, B, H), dtype),
            WhT=np.empty((H, H), dtype),
            dh_prev=np.empty((B, H), dtype),
        )

    def forward(self, p: Weights, state: State, tape: RnnTape) -> State:
        h = tape.h
        (h[0],) = state
        for t, z in enumerate(tape.z):
            np.matmul(h[t], p["Wh"], out=h[t + 1])
            np.add(h[t + 1], z, out=h[t + 1])
            self._activate_(h[t + 1])
        return (h[-1].copy(),)

    def backward(
        self, p: Weights, dh: Floats, tape: RnnTape, g: Weights, dstate: State | None = None
    ) -> State:
        self._slopes(tape)
        dz, dh_prev = tape.z, tape.dh_prev
        (dh_prev[...],) = (0.0,) if dstate is None else dstate
        tape.WhT[...] = p["Wh"].T
        for t in reversed(range(len(dh))):
            np.add(dh[t], dh_prev, out=dz[t])
            np.multiply(dz[t], tape.slopes[t], out=dz[t])
            np.matmul(dz[t], tape.WhT, out=dh_prev)
        np.matmul(rows(tape.h[:-1]).T, rows(dz), out=g["Wh"])
        return (dh_prev.copy(),)

    def _activate_(self, x: Floats) -> None:
        if self.activation == "tanh":
            np.tanh(x, out=x)
        else:
            np.maximum(x, 0.0, out=x)

    def _slopes(self, tape: RnnTape) -> None:
        """The derivative of the nonlinearity at every step; for relu, 1 where h is positive."""
        if self.activation == "tanh":
            tanh_slope(tape.h[1:], out=tape.slopes)
        else:
            np.sign(tape.h[1:], out=tape.slopes)
