"""The long short-term memory: a cell state that is added to, and three gates that guard it."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from charrnn.nn.arrays import DType, Floats, Shape, empty
from charrnn.nn.cells.base import (
    State,
    Tape,
    Weights,
    layer_norm,
    past_shapes,
    recurrent_,
)
from charrnn.nn.cells.peephole import (
    Peepholes,
    peephole_gradients,
    peephole_init_,
    peephole_shapes,
)
from charrnn.nn.initializers import Initializer
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.recurrent_noise import UNTOUCHED, Past
from charrnn.nn.layers.recurrent_product import Recurrence
from charrnn.nn.ops import by_gate, sigmoid_
from charrnn.settings import setting


@dataclass(frozen=True)
class LstmTape(Tape):
    """Numbers: 11*T*B*H over time, 4*B*H for the states at both ends, 14*B*H of scratch for a step.

    Beside them the two layouts of Wh, 8*H*H where the kernels are plain.
    Layer norm adds 8*T*B*H and T*B, and 4*B*H and B of scratch.
    """

    c: Floats  # (T+1, B, H)
    gates: Floats  # (T, 4, B, H), contiguous by gate
    tanh_c: Floats  # (T, B, H)
    past: Recurrence  # h Wh
    hz: Floats  # (B, 4*H)
    dh: Floats  # (B, H)
    dc: Floats  # (B, H)
    h_new: Floats  # (B, H): o tanh(c), where zoneout has changed h
    scratch: Floats  # (6*B, H)

    def at(self, t: int) -> State:
        return self.h[t], self.c[t]


@dataclass(frozen=True)
class Lstm:
    """Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000).

        i, f, o = sigmoid(z_i, z_f, z_o + h_{t-1} Wh)      g = tanh(z_g + h_{t-1} Wh)
        c_t = f * c_{t-1} + i * g
        h_t = o * tanh(c_t)

    where i, f, o are the input, forget and output gates, g is the candidate, and z = x Wx + b
    comes from below. The gates stand in the order i f o g, so that one sigmoid covers three. The
    bias of the forget gate starts at 1, which lets errors flow from the first step on
    (Jozefowicz, Zaremba and Sutskever 2015). With peepholes the gates also see the cell state.
    """

    hidden_size: int
    forget_bias: float = setting(1.0, "initial bias of the forget gate")
    peephole: bool | Literal["full"] = setting(
        False, "gates see the cell state: true by a number a unit, full by matrices"
    )
    layer_norm: bool = layer_norm()

    gates: ClassVar[int] = 4
    slopes: ClassVar[dict[str, float]] = {"i": 0.25, "f": 0.25, "o": 0.25, "g": 1.0}
    states: ClassVar[tuple[str, ...]] = ("h", "c")

    def shapes(self) -> dict[str, Shape]:
        H = self.hidden_size
        shapes = past_shapes(H, self.gates, self.layer_norm)
        return shapes | peephole_shapes(H, self.peephole == "full") if self.peephole else shapes

    def init_(self, p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
        recurrent_(p, self.gates, initializer, rng)
        H = self.hidden_size
        p["b"][H : 2 * H] = self.forget_bias
        if self.peephole:
            peephole_init_(p, initializer, rng)

    def tape(self, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY) -> LstmTape:
        H = self.hidden_size

        def array(*shape: int) -> Floats:
            return empty(shape, dtype)

        return LstmTape(
            kernels=kernels,
            z=array(T, B, 4 * H),
            h=array(T + 1, B, H),
            last=(array(B, H), array(B, H)),
            c=array(T + 1, B, H),
            gates=array(T, 4, B, H),
            tanh_c=array(T, B, H),
            past=Recurrence(T, B, H, 4 * H, dtype, kernels, self.layer_norm),
            hz=array(B, 4 * H),
            dh=array(B, H),
            dc=array(B, H),
            h_new=array(B, H),
            scratch=array(6 * B, H),
        )

    def prepare(self, p: Weights, tape: LstmTape) -> None:
        tape.past.prepare(p["Wh"])

    def forward(self, p: Weights, state: State, tape: LstmTape, past: Past = UNTOUCHED) -> State:
        h, c, hz, scratch = tape.h, tape.c, tape.hz, tape.scratch
        np.copyto(h[0], state[0])
        np.copyto(c[0], state[1])
        read = tape.past.reader(past.mask, p.get("gh"))
        step = Peepholes(p).forward if self.peephole else tape.kernels.step(lstm_forward)
        over_time = zip(tape.z, h, h[1:], c, c[1:], tape.gates, tape.tanh_c, strict=False)
        for t, (z, h_prev, h_t, c_prev, c_t, gates, tanh_c) in enumerate(over_time):
            read(h_prev, hz)
            step(z, hz, c_prev, gates, c_t, tanh_c, h_t, scratch)
            if past.held:
                past.hold_(t, (h_t, c_t), (h_prev, c_prev))
        return tape.leave(len(tape.z))

    def backward(
        self,
        p: Weights,
        dh: Floats,
        tape: LstmTape,
        g: Weights,
        dstate: State | None = None,
        past: Past = UNTOUCHED,
    ) -> State:
        h, c, dz, dh_prev, dc = tape.h, tape.c, tape.z, tape.dh, tape.dc
        dh_prev[...], dc[...] = (0.0, 0.0) if dstate is None else dstate
        read = tape.past.back_reader(p["Wh"], past.mask, p.get("gh"), len(dh))
        step = Peepholes(p).backward if self.peephole else tape.kernels.step(lstm_backward)
        for t in reversed(range(len(dh))):
            above, gates, tanh_c, h_t = dh[t], tape.gates[t], tape.tanh_c[t], h[t + 1]
            if past.held:
                np.add(dh_prev, above, out=dh_prev)
                past.release_(t, (dh_prev, dc))
                above = past.zero
                h_t = np.multiply(gates[2], tanh_c, out=tape.h_new)
            step(above, dh_prev, dc, gates, c[t], tanh_c, h_t, dz[t], tape.scratch)
            read(dz[t], dh_prev)
            if past.held:
                past.return_((dh_prev, dc))
        tape.past.weight_gradients(h[:-1], dz, past.mask, g["Wh"], g.get("gh"))
        if self.peephole:
            peephole_gradients(self._seen(tape, past), c[:-1], dz, g)
        return dh_prev, dc

    def _seen(self, tape: LstmTape, past: Past) -> Floats:
        """The cell states that the output gates saw: before zoneout, which hides them."""
        if not past.held:
            return tape.c[1:]
        i, f, _, g = tape.gates.swapaxes(0, 1)
        np.multiply(f, tape.c[:-1], out=f)
        np.multiply(i, g, out=i)
        seen: Floats = np.add(f, i, out=f)
        return seen


def lstm_forward(
    z: Floats,
    hz: Floats,
    c_prev: Floats,
    gates: Floats,
    c: Floats,
    tanh_c: Floats,
    h: Floats,
    scratch: Floats,
) -> None:
    """One step: gates (4, B, H), c, tanh(c) and h from z + hz (B, 4*H) and c_prev."""
    i, f, o, g = gates
    ig = scratch[: len(c)]
    np.add(by_gate(z, 4), by_gate(hz, 4), out=gates)
    sigmoid_(gates[:3])
    np.tanh(g, out=g)
    np.multiply(f, c_prev, out=c)
    np.multiply(i, g, out=ig)
    np.add(c, ig, out=c)
    np.tanh(c, out=tanh_c)
    np.multiply(o, tanh_c, out=h)


def lstm_backward(
    dh_above: Floats,
    dh: Floats,
    dc: Floats,
    gates: Floats,
    c_prev: Floats,
    tanh_c: Floats,
    h: Floats,
    dz: Floats,
    scratch: Floats,
) -> None:
    """One step: dz (B, 4*H), and dc becomes the gradient of c_prev.

    dh arrives as the gradient from the next step, and has that from above added. The slope of a
    sigmoid is s (1 - s), that of tanh 1 - y**2; h stands for o tanh(c).
    """
    _, _, o, g = gates
    di, df, do, dg = by_gate(dz, 4)
    rest, by_dc, a = _split(scratch, len(dc))
    np.add(dh_above, dh, out=dh)
    np.multiply(h, tanh_c, out=a)  # dc += dh o (1 - tanh(c)^2)
    np.subtract(o, a, out=a)
    np.multiply(a, dh, out=a)
    np.add(dc, a, out=dc)
    np.subtract(1.0, gates[:3], out=rest)
    np.multiply(gates[:2], dc, out=by_dc)  # i dc, f dc
    np.multiply(rest[:2], by_dc, out=rest[:2])
    np.multiply(rest[0], g, out=di)
    np.multiply(rest[1], c_prev, out=df)
    np.multiply(rest[2], h, out=a)
    np.multiply(a, dh, out=do)
    np.multiply(g, g, out=a)
    np.subtract(1.0, a, out=a)
    np.multiply(a, by_dc[0], out=dg)
    np.copyto(dc, by_dc[1])


def _split(scratch: Floats, B: int) -> tuple[Floats, Floats, Floats]:
    """Memory for (3, B, H), (2, B, H) and (B, H)."""
    blocks = scratch.reshape(-1, B, scratch.shape[1])
    return blocks[:3], blocks[3:5], blocks[5]
