"""The long short-term memory: a cell state that is added to, and three gates that guard it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.arrays import Floats, Shape
from charrnn.cells.base import DType, State, Tape, Weights, by_gate, recurrent_, rows
from charrnn.initializers import Initializer
from charrnn.ops import sigmoid_, sigmoid_slope, tanh_slope
from charrnn.settings import setting


@dataclass(frozen=True)
class LstmTape(Tape):
    """Numbers: 16*T*B*H over time, 2*B*H for the incoming state, 8*B*H + 4*H*H of scratch."""

    c: Floats  # (T+1, B, H)
    gates: Floats  # (T, 4, B, H), contiguous by gate
    slopes: Floats  # (T, 4, B, H), what dc (for o: dh) is multiplied with to give dz
    tanh_c: Floats  # (T, B, H)
    dc_dh: Floats  # (T, B, H), the share of dh that goes into dc
    hz: Floats  # (B, 4*H)
    WhT: Floats  # (4*H, H)
    dh: Floats  # (B, H)
    dh_prev: Floats
    dc: Floats
    product: Floats


@dataclass(frozen=True)
class Lstm:
    """Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000).

        i, f, o = sigmoid(z_i, z_f, z_o + h_{t-1} Wh)      g = tanh(z_g + h_{t-1} Wh)
        c_t = f * c_{t-1} + i * g
        h_t = o * tanh(c_t)

    where i, f, o are the input, forget and output gates, g is the candidate, and z = x Wx + b
    comes from below. The gates stand in the order i f o g, so that one sigmoid covers three. The
    bias of the forget gate starts at 1, which lets errors flow from the first step on
    (Jozefowicz, Zaremba and Sutskever 2015).
    """

    hidden_size: int
    forget_bias: float = setting(1.0, "initial bias of the forget gate")

    gates: ClassVar[int] = 4
    states: ClassVar[tuple[str, ...]] = ("h", "c")

    def shapes(self) -> dict[str, Shape]:
        H = self.hidden_size
        return {"Wh": (H, 4 * H), "b": (4 * H,)}

    def init_(self, p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
        recurrent_(p["Wh"], self.gates, initializer, rng)
        H = self.hidden_size
        p["b"][H : 2 * H] = self.forget_bias

    def tape(self, T: int, B: int, dtype: DType) -> LstmTape:
        H = self.hidden_size

        def empty(*shape: int) -> Floats:
            return np.empty(shape, dtype)

        return LstmTape(
            z=empty(T, B, 4 * H),
            h=empty(T + 1, B, H),
            c=empty(T + 1, B, H),
            gates=empty(T, 4, B, H),
            slopes=empty(T, 4, B, H),
            tanh_c=empty(T, B, H),
            dc_dh=empty(T, B, H),
            hz=empty(B, 4 * H),
            WhT=empty(4 * H, H),
            dh=empty(B, H),
            dh_prev=empty(B, H),
            dc=empty(B, H),
            product=empty(B, H),
        )

    def forward(self, p: Weights, state: State, tape: LstmTape) -> State:
        h, c, tanh_c, product = tape.h, tape.c, tape.tanh_c, tape.product
        h[0], c[0] = state
        from_below, from_past = by_gate(tape.z, 4), by_gate(tape.hz, 4)
        for t, gates in enumerate(tape.gates):
            np.matmul(h[t], p["Wh"], out=tape.hz)
            np.add(from_below[t], from_past, out=gates)
            i, f, o, g = gates
            sigmoid_(gates[:3])
            np.tanh(g, out=g)
            np.multiply(f, c[t], out=c[t + 1])
            np.multiply(i, g, out=product)
            np.add(c[t + 1], product, out=c[t + 1])
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o, tanh_c[t], out=h[t + 1])
        return h[-1].copy(), c[-1].copy()

    def backward(
        self, p: Weights, dh: Floats, tape: LstmTape, g: Weights, dstate: State | None = None
    ) -> State:
        self._slopes(tape)
        dh_prev, dc, product = tape.dh_prev, tape.dc, tape.product
        dh_prev[...], dc[...] = (0.0, 0.0) if dstate is None else dstate
        dz = by_gate(tape.z, 4)
        tape.WhT[...] = p["Wh"].T
        for t in reversed(range(len(dh))):
            np.add(dh[t], dh_prev, out=tape.dh)
            np.multiply(tape.dh, tape.dc_dh[t], out=product)
            np.add(dc, product, out=dc)
            slopes = tape.slopes[t]
            np.multiply(slopes[:2], dc, out=dz[t, :2])
            np.multiply(slopes[2], tape.dh, out=dz[t, 2])
            np.multiply(slopes[3], dc, out=dz[t, 3])
            np.multiply(dc, tape.gates[t, 1], out=dc)
            np.matmul(tape.z[t], tape.WhT, out=dh_prev)
        np.matmul(rows(tape.h[:-1]).T, rows(tape.z), out=g["Wh"])
        return dh_prev.copy(), dc.copy()

    def _slopes(self, tape: LstmTape) -> None:
        """All local derivatives of the chunk at once: the loop is left with the recursion."""
        sigmoids, (i, _, o, g) = tape.gates[:, :3], tape.gates.swapaxes(0, 1)
        di, df, do, dg = tape.slopes.swapaxes(0, 1)
        sigmoid_slope(sigmoids, out=tape.slopes[:, :3])
        np.multiply(di, g, out=di)
        np.multiply(df, tape.c[:-1], out=df)
        np.multiply(do, tape.tanh_c, out=do)
        tanh_slope(g, out=dg)
        np.multiply(dg, i, out=dg)
        tanh_slope(tape.tanh_c, out=tape.dc_dh)
        np.multiply(tape.dc_dh, o, out=tape.dc_dh)
