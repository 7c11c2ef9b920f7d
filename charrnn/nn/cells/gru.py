"""The gated recurrent unit, with its reset gate before or after the recurrent product."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.nn.arrays import DType, Floats, Shape, empty
from charrnn.nn.cells.base import (
    State,
    Tape,
    Weights,
    layer_norm,
    part,
    past_shapes,
    recurrent_,
)
from charrnn.nn.initializers import Initializer
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.recurrent_noise import UNTOUCHED, Past
from charrnn.nn.layers.recurrent_product import Recurrence
from charrnn.nn.ops import by_gate, rows, sigmoid_, sum_rows
from charrnn.settings import one_of, setting


@dataclass(frozen=True)
class GruTape(Tape):
    """Numbers: 8*T*B*H over time, 2*B*H for the states at both ends, 10*B*H of scratch for a step.

    Beside them the two layouts of Wh, 6*H*H where the kernels are plain.
    Layer norm adds 6*T*B*H and 2*T*B, and 3*B*H and 2*B of scratch.
    """

    gates: Floats  # (T, 3, B, H), contiguous by gate
    inner: Floats  # (T, B, H): before: r * h_{t-1}; after: h_{t-1} U + bh, then its gradient
    past: Recurrence  # h times the blocks of Wh for r and z
    past_n: Recurrence  # inner, or h, times U
    hz: Floats  # (B, 2*H)
    hn: Floats  # (B, H)
    dh: Floats  # (B, H)
    kept: Floats  # (B, H), the gradient of h_{t-1} that does not come through (dr, dz)
    scratch: Floats  # (3*B, H)


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
    layer_norm: bool = layer_norm()

    gates: ClassVar[int] = 3
    slopes: ClassVar[dict[str, float]] = {"r": 0.25, "z": 0.25, "n": 1.0}
    states: ClassVar[tuple[str, ...]] = ("h",)

    def shapes(self) -> dict[str, Shape]:
        shapes = past_shapes(self.hidden_size, self.gates, self.layer_norm)
        return shapes if self.reset == "before" else {**shapes, "bh": (self.hidden_size,)}

    def init_(self, p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
        recurrent_(p, self.gates, initializer, rng)

    def tape(self, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY) -> GruTape:
        H = self.hidden_size

        def array(*shape: int) -> Floats:
            return empty(shape, dtype)

        return GruTape(
            kernels=kernels,
            z=array(T, B, 3 * H),
            h=array(T + 1, B, H),
            last=(array(B, H),),
            gates=array(T, 3, B, H),
            inner=array(T, B, H),
            past=Recurrence(T, B, H, 2 * H, dtype, kernels, self.layer_norm),
            past_n=Recurrence(T, B, H, H, dtype, kernels, self.layer_norm),
            hz=array(B, 2 * H),
            hn=array(B, H),
            dh=array(B, H),
            kept=array(B, H),
            scratch=array(3 * B, H),
        )

    def prepare(self, p: Weights, tape: GruTape) -> None:
        tape.past.prepare(p["Wh"][:, self._gates])
        tape.past_n.prepare(p["Wh"][:, self._U])

    def forward(self, p: Weights, state: State, tape: GruTape, past: Past = UNTOUCHED) -> State:
        h, hz, hn, scratch = tape.h, tape.hz, tape.hn, tape.scratch
        np.copyto(h[0], state[0])
        read = tape.past.reader(past.mask, part(p, "gh", self._gates))
        read_n = tape.past_n.reader(past.mask, part(p, "gh", self._U))
        reset = tape.kernels.step(gru_reset)
        before, after = tape.kernels.step(gru_before), tape.kernels.step(gru_after)
        over_time = zip(tape.z, h, h[1:], tape.gates, tape.inner, strict=False)
        for t, (z, h_prev, h_t, gates, inner) in enumerate(over_time):
            read(h_prev, hz)
            if self.reset == "before":
                reset(z, hz, h_prev, gates, inner)
                read_n(inner, hn)
                before(z, hn, h_prev, gates, h_t, scratch)
            else:
                read_n(h_prev, hn)
                after(z, hz, hn, p["bh"], h_prev, gates, inner, h_t, scratch)
            if past.held:
                past.hold_(t, (h_t,), (h_prev,))
        return tape.leave(len(tape.z))

    def backward(
        self,
        p: Weights,
        dh: Floats,
        tape: GruTape,
        g: Weights,
        dstate: State | None = None,
        past: Past = UNTOUCHED,
    ) -> State:
        h, dz, dh_prev, kept, hn = tape.h, tape.z, tape.dh, tape.kept, tape.hn
        Wh, gates, U = p["Wh"], self._gates, self._U
        (dh_prev[...],) = (0.0,) if dstate is None else dstate
        candidate = tape.kernels.step(gru_candidate_backward)
        before = tape.kernels.step(gru_before_backward)
        after = tape.kernels.step(gru_after_backward)
        read = tape.past.back_reader(Wh[:, gates], past.mask, part(p, "gh", gates), len(dh))
        read_n = tape.past_n.back_reader(Wh[:, U], past.mask, part(p, "gh", U), len(dh))
        for t in reversed(range(len(dh))):
            above = dh[t]
            if past.held:
                np.add(dh_prev, above, out=dh_prev)
                past.release_(t, (dh_prev,))
                above = past.zero
            candidate(above, dh_prev, tape.gates[t], h[t], dz[t], kept, tape.scratch)
            if self.reset == "before":
                read_n(dz[t, :, U], hn)
                before(hn, tape.gates[t], h[t], dz[t], kept, tape.scratch)
            else:
                after(tape.gates[t], tape.inner[t], dz[t], tape.scratch)
                read_n(tape.inner[t], hn)
                np.add(kept, hn, out=kept)
            read(dz[t, :, gates], dh_prev)
            np.add(dh_prev, kept, out=dh_prev)
            if past.held:
                past.return_((dh_prev,))
        self._weight_gradients(tape, g, past.mask)
        return (dh_prev,)

    def _weight_gradients(self, tape: GruTape, g: Weights, mask: Floats | None) -> None:
        h, dz, inner, gates, U = tape.h[:-1], tape.z, tape.inner, self._gates, self._U
        tape.past.weight_gradients(h, dz[..., gates], mask, g["Wh"][:, gates], part(g, "gh", gates))
        if self.reset == "before":
            tape.past_n.weight_gradients(inner, dz[..., U], mask, g["Wh"][:, U], part(g, "gh", U))
        else:
            tape.past_n.weight_gradients(h, inner, None, g["Wh"][:, U], part(g, "gh", U))
            sum_rows(rows(inner), out=g["bh"])

    @property
    def _gates(self) -> slice:
        """The columns of Wh for r and z."""
        return slice(2 * self.hidden_size)

    @property
    def _U(self) -> slice:
        """The columns of Wh for the candidate: U."""
        return slice(2 * self.hidden_size, 3 * self.hidden_size)


def gru_reset(z: Floats, hz: Floats, h_prev: Floats, gates: Floats, inner: Floats) -> None:
    """reset: before, until the second product: the gates r and z (2, B, H), inner = r h_prev."""
    np.add(by_gate(z, 3)[:2], by_gate(hz, 2), out=gates[:2])
    sigmoid_(gates[:2])
    np.multiply(gates[0], h_prev, out=inner)


def gru_before(
    z: Floats, hn: Floats, h_prev: Floats, gates: Floats, h: Floats, scratch: Floats
) -> None:
    """reset: before, the rest: n = tanh(z_n + hn) and h."""
    _, update, n = gates
    np.add(by_gate(z, 3)[2], hn, out=n)
    np.tanh(n, out=n)
    _interpolate(h_prev, update, n, h, scratch[: len(h)])


def gru_after(
    z: Floats,
    hz: Floats,
    hn: Floats,
    bh: Floats,
    h_prev: Floats,
    gates: Floats,
    inner: Floats,
    h: Floats,
    scratch: Floats,
) -> None:
    """reset: after, a whole step: inner = hn + bh, n = tanh(z_n + r inner) and h."""
    r, update, n = gates
    np.add(by_gate(z, 3)[:2], by_gate(hz, 2), out=gates[:2])
    sigmoid_(gates[:2])
    np.add(hn, bh, out=inner)
    np.multiply(r, inner, out=n)
    np.add(by_gate(z, 3)[2], n, out=n)
    np.tanh(n, out=n)
    _interpolate(h_prev, update, n, h, scratch[: len(h)])


def _interpolate(h_prev: Floats, z: Floats, n: Floats, h: Floats, change: Floats) -> None:
    """h = (1 - z) h_prev + z n."""
    np.subtract(n, h_prev, out=change)
    np.multiply(z, change, out=change)
    np.add(h_prev, change, out=h)


def gru_candidate_backward(
    dh_above: Floats,
    dh: Floats,
    gates: Floats,
    h_prev: Floats,
    dz: Floats,
    kept: Floats,
    scratch: Floats,
) -> None:
    """From dh to dz of the update gate and of n, and kept = (1 - z) dh.

    dh arrives as the gradient from the next step, and has that from above added. The slope of a
    sigmoid is s (1 - s), that of tanh 1 - y**2.
    """
    _, z, n = gates
    a, b, rest = scratch.reshape(3, *dh.shape)
    _, dupdate, dn = by_gate(dz, 3)
    np.add(dh_above, dh, out=dh)
    np.subtract(1.0, z, out=rest)
    np.multiply(rest, dh, out=kept)
    np.multiply(z, dh, out=a)
    np.subtract(n, h_prev, out=b)
    np.multiply(a, b, out=b)
    np.multiply(b, rest, out=dupdate)
    np.multiply(n, n, out=b)
    np.subtract(1.0, b, out=b)
    np.multiply(a, b, out=dn)


def gru_before_backward(
    dinner: Floats, gates: Floats, h_prev: Floats, dz: Floats, kept: Floats, scratch: Floats
) -> None:
    """From the gradient of inner = r h_prev to dz of r; kept += r dinner."""
    r, a = gates[0], scratch[: len(dinner)]
    np.multiply(r, dinner, out=dinner)
    np.add(kept, dinner, out=kept)
    np.subtract(1.0, r, out=a)
    np.multiply(a, h_prev, out=a)
    np.multiply(a, dinner, out=by_gate(dz, 3)[0])


def gru_after_backward(gates: Floats, inner: Floats, dz: Floats, scratch: Floats) -> None:
    """From dz of n to dz of r, and to the gradient of inner, which replaces it."""
    r, a = gates[0], scratch[: len(inner)]
    dr, _, dn = by_gate(dz, 3)
    np.subtract(1.0, r, out=a)
    np.multiply(a, inner, out=a)
    np.multiply(r, dn, out=inner)
    np.multiply(a, inner, out=dr)
