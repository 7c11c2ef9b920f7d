"""The gated recurrent unit, with its reset gate before or after the recurrent product."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.arrays import Floats, Shape
from charrnn.cells.base import DType, State, Tape, Weights, by_gate, recurrent_, rows
from charrnn.initializers import Initializer
from charrnn.ops import sigmoid_, sigmoid_slope, sum_rows, tanh_slope
from charrnn.settings import one_of, setting


@dataclass(frozen=True)
class GruTape(Tape):
    """Numbers: 12*T*B*H over time, B*H for the incoming state, 6*B*H + 3*H*H of scratch."""

    gates: Floats  # (T, 3, B, H), contiguous by gate
    slopes: Floats  # (T, 3, B, H), what turns a gradient that arrives at a gate into dz
    inner: Floats  # (T, B, H): before: r * h_{t-1}; after: h_{t-1} U + bh, then its gradient
    keep: Floats  # (T, B, H): 1 - z, the share of h_{t-1} in h_t
    hz: Floats  # (B, 3*H)
    WhT: Floats  # (3*H, H)
    dh: Floats  # (B, H)
    dh_prev: Floats
    product: Floats


@dataclass(frozen=True)
class Gru:
    """Gated recurrent unit (Cho et al. 2014).

        r, z = sigmoid(z_r, z_z + h_{t-1} Wh)
        n    = tanh(z_n + (r * h_{t-1}) U)          reset: before, the published form
        n    = tanh(z_n + r * (h_{t-1} U + bh))     reset: after, the form of cuDNN and PyTorch
        h_t  = (1 - z) * h_{t-1} + z * n

    where r and z are the reset and the update gate, n is the candidate, U is the candidate's block
    of Wh, and z_. = x Wx + b comes from below. The gates stand in the order r z n. PyTorch's z is
    our 1 - z.
    """

    hidden_size: int
    reset: str = setting(
        "before",
        "where the reset gate acts: on the state, or on its product with the weights",
        one_of("before", "after"),
    )

    gates: ClassVar[int] = 3
    states: ClassVar[tuple[str, ...]] = ("h",)

    def shapes(self) -> dict[str, Shape]:
        H = self.hidden_size
        shapes: dict[str, Shape] = {"Wh": (H, 3 * H), "b": (3 * H,)}
        return shapes if self.reset == "before" else {**shapes, "bh": (H,)}

    def init_(self, p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
        recurrent_(p["Wh"], self.gates, initializer, rng)

    def tape(self, T: int, B: int, dtype: DType) -> GruTape:
        H = self.hidden_size

        def empty(*shape: int) -> Floats:
            return np.empty(shape, dtype)

        return GruTape(
            z=empty(T, B, 3 * H),
            h=empty(T + 1, B, H),
            gates=empty(T, 3, B, H),
            slopes=empty(T, 3, B, H),
            inner=empty(T, B, H),
            keep=empty(T, B, H),
            hz=empty(B, 3 * H),
            WhT=empty(3 * H, H),
            dh=empty(B, H),
            dh_prev=empty(B, H),
            product=empty(B, H),
        )

    def forward(self, p: Weights, state: State, tape: GruTape) -> State:
        h, change = tape.h, tape.product
        (h[0],) = state
        below = by_gate(tape.z, 3)
        for t, gates in enumerate(tape.gates):
            _, z, n = gates
            self._gates(p, h[t], below[t], gates, tape)
            self._candidate(p, h[t], below[t, 2], tape, t)
            np.subtract(n, h[t], out=change)
            np.multiply(z, change, out=change)
            np.add(h[t], change, out=h[t + 1])
        return (h[-1].copy(),)

    def backward(
        self, p: Weights, dh: Floats, tape: GruTape, g: Weights, dstate: State | None = None
    ) -> State:
        self._slopes(tape)
        dz, dh_t, dh_prev = by_gate(tape.z, 3), tape.dh, tape.dh_prev
        (dh_prev[...],) = (0.0,) if dstate is None else dstate
        tape.WhT[...] = p["Wh"].T
        both = 2 * self.hidden_size
        for t in reversed(range(len(dh))):
            np.add(dh[t], dh_prev, out=dh_t)
            np.multiply(tape.slopes[t, 1:], dh_t, out=dz[t, 1:])
            self._candidate_back(dz[t], tape, t)
            np.matmul(tape.z[t, :, :both], tape.WhT[:both], out=dh_prev)
            np.add(dh_prev, tape.product, out=dh_prev)
            np.multiply(dh_t, tape.keep[t], out=dh_t)
            np.add(dh_prev, dh_t, out=dh_prev)
        self._weight_gradients(tape, g)
        return (dh_prev.copy(),)

    def _gates(self, p: Weights, h: Floats, below: Floats, gates: Floats, tape: GruTape) -> None:
        """r and z of one step; the form `after` takes its third product in the same GEMM."""
        wide = (2 if self.reset == "before" else 3) * self.hidden_size
        np.matmul(h, p["Wh"][:, :wide], out=tape.hz[:, :wide])
        np.add(below[:2], by_gate(tape.hz, 3)[:2], out=gates[:2])
        sigmoid_(gates[:2])

    def _candidate(self, p: Weights, h: Floats, below: Floats, tape: GruTape, t: int) -> None:
        """n of step t, and in tape.inner[t] what its gradient needs."""
        r, _, n = tape.gates[t]
        inner, U = tape.inner[t], 2 * self.hidden_size
        if self.reset == "before":
            np.multiply(r, h, out=inner)
            np.matmul(inner, p["Wh"][:, U:], out=n)
        else:
            np.add(tape.hz[:, U:], p["bh"], out=inner)
            np.multiply(r, inner, out=n)
        np.add(n, below, out=n)
        np.tanh(n, out=n)

    def _candidate_back(self, dz: Floats, tape: GruTape, t: int) -> None:
        """From dz of n to dz of r, and in tape.product the share of dh_{t-1} that passed n."""
        dr, _, dn = dz
        r, inner, through = tape.gates[t, 0], tape.inner[t], tape.product
        UT = tape.WhT[2 * self.hidden_size :]
        if self.reset == "before":
            np.matmul(dn, UT, out=through)
            np.multiply(tape.slopes[t, 0], through, out=dr)
            np.multiply(through, r, out=through)
        else:
            np.multiply(tape.slopes[t, 0], dn, out=dr)
            np.multiply(dn, r, out=inner)
            np.matmul(inner, UT, out=through)

    def _weight_gradients(self, tape: GruTape, g: Weights) -> None:
        U = 2 * self.hidden_size
        h, dz, inner = rows(tape.h[:-1]), rows(tape.z), rows(tape.inner)
        np.matmul(h.T, dz[:, :U], out=g["Wh"][:, :U])
        if self.reset == "before":
            np.matmul(inner.T, dz[:, U:], out=g["Wh"][:, U:])
        else:
            np.matmul(h.T, inner, out=g["Wh"][:, U:])
            sum_rows(inner, out=g["bh"])

    def _slopes(self, tape: GruTape) -> None:
        """All local derivatives of the chunk at once: the loop is left with the recursion."""
        r, z, n = tape.gates.swapaxes(0, 1)
        dr, dz, dn = tape.slopes.swapaxes(0, 1)
        h = tape.h[:-1]
        sigmoid_slope(r, out=dr)
        np.multiply(dr, h if self.reset == "before" else tape.inner, out=dr)
        sigmoid_slope(z, out=dz)
        np.subtract(n, h, out=tape.keep)
        np.multiply(dz, tape.keep, out=dz)
        tanh_slope(n, out=dn)
        np.multiply(dn, z, out=dn)
        np.subtract(1.0, z, out=tape.keep)
