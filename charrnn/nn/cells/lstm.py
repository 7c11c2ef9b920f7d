"""The long short-term memory: a cell state that is added to, and three gates that guard it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np

from charrnn.nn.arrays import DType, Floats, Shape, State, Weights, empty
from charrnn.nn.cells.base import Gate, Tape, layer_norm, raw_states, recurrent_, recurrent_shapes
from charrnn.nn.cells.peephole import (
    Peepholes,
    peephole_gradients,
    peephole_init_,
    peephole_shapes,
)
from charrnn.nn.initializers import Initializer
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.noise import QUIET, DropoutRates
from charrnn.nn.layers.recurrent_product import RecurrentProduct
from charrnn.nn.ops import by_gate, sigmoid_
from charrnn.settings import setting


@dataclass(frozen=True)
class LstmTape(Tape):
    """Numbers: {memory}.

    These are what is kept over time, the states at both ends, scratch for a step, and the two
    layouts of Wh. Layer norm adds {norm_memory}.
    """

    c: Floats  # (T+1, B, H)
    gates: Floats  # (T, 4, B, H), contiguous by gate
    tanh_c: Floats  # (T, B, H), of c before zoneout
    recurrent: RecurrentProduct  # h Wh
    hz: Floats  # (B, 4*H)
    scratch: Floats  # (6*B, H)

    memory: ClassVar[str] = "11*T*B*H + 4*B*H + 12*B*H + 8*H*H"
    norm_memory: ClassVar[str] = "8*T*B*H + T*B + 4*B*H + B"
    over_time: ClassVar[tuple[str, ...]] = ("z", "h", "c", "gates", "tanh_c")

    @cached_property
    def states(self) -> State:
        return self.h, self.c

    def gate(self, k: int) -> Floats:
        return self.gates[:, k]


@dataclass(frozen=True)
class Lstm:
    """Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000).

        i, f, o = sigmoid(z_i, z_f, z_o + h_{t-1} Wh)      g = tanh(z_g + h_{t-1} Wh)
        c_t = f * c_{t-1} + i * g
        h_t = o * tanh(c_t)

    where i, f, o are the input, forget and output gates, g is the candidate, and z = x Wx + b
    comes from below. The gates are in the order i f o g, so that one sigmoid covers three. The
    bias of the forget gate starts at 1, which lets errors flow from the first step on
    (Jozefowicz, Zaremba and Sutskever 2015). With peepholes the gates also see the cell state.
    """

    hidden_size: int
    forget_bias: float = setting(1.0, "initial bias of the forget gate")
    peephole: bool | Literal["full"] = setting(
        False, "peephole connections: true: one weight per unit (diagonal), full: a matrix"
    )
    layer_norm: bool = layer_norm()

    gates: ClassVar[tuple[Gate, ...]] = (
        Gate("i", "sigmoid", "input gate"),
        Gate("f", "sigmoid", "forget gate"),
        Gate("o", "sigmoid", "output gate"),
        Gate("g", "tanh", "candidate"),
    )
    states: ClassVar[tuple[str, ...]] = ("h", "c")

    def shapes(self) -> dict[str, Shape]:
        H = self.hidden_size
        shapes = recurrent_shapes(H, 4, self.layer_norm)
        return shapes | peephole_shapes(H, self.peephole == "full") if self.peephole else shapes

    def init_(self, p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
        recurrent_(p, 4, initializer, rng)
        H = self.hidden_size
        p["b"][H : 2 * H] = self.forget_bias
        if self.peephole:
            peephole_init_(p, initializer, rng)

    def tape(
        self, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY, rates: DropoutRates = QUIET
    ) -> LstmTape:
        H = self.hidden_size

        def array(*shape: int) -> Floats:
            return empty(shape, dtype)

        return LstmTape(
            kernels=kernels,
            z=array(T, B, 4 * H),
            h=array(T + 1, B, H),
            raw=raw_states(T, B, H, 2, dtype, rates),
            last=(array(B, H), array(B, H)),
            d=(array(B, H), array(B, H)),
            c=array(T + 1, B, H),
            gates=array(T, 4, B, H),
            tanh_c=array(T, B, H),
            recurrent=RecurrentProduct(T, B, H, 4 * H, dtype, kernels, self.layer_norm, rates),
            hz=array(B, 4 * H),
            scratch=array(6 * B, H),
        )

    def prepare(self, p: Weights, tape: LstmTape, mask: Floats | None = None) -> None:
        tape.recurrent.prepare(p["Wh"], p.get("gh"), mask)

    def stepper(self, p: Weights, tape: LstmTape) -> Callable[[int], None]:
        z, h, c, (h_new, c_new), hz = tape.z, tape.h, tape.c, tape.computed, tape.hz
        gates, tanh_c, scratch, recurrent = tape.gates, tape.tanh_c, tape.scratch, tape.recurrent
        rest = Peepholes(p).forward if self.peephole else tape.kernels.step(lstm_forward)

        def step(t: int) -> None:
            recurrent.forward(t, h[t], hz)
            rest(z[t], hz, c[t], gates[t], c_new[t], tanh_c[t], h_new[t], scratch)

        return step

    def back_stepper(self, p: Weights, tape: LstmTape) -> Callable[[int, Floats], None]:
        dz = tape.z  # dz[t] overwrites z[t], which no step needs any more
        (dh, dc), c, (h_new, _), recurrent = tape.d, tape.c, tape.computed, tape.recurrent
        gates, tanh_c, scratch = tape.gates, tape.tanh_c, tape.scratch
        recurrent.prepare_back(p["Wh"])
        rest = Peepholes(p).backward if self.peephole else tape.kernels.step(lstm_backward)

        def back(t: int, dh_above: Floats) -> None:
            dz_t = dz[t]
            rest(dh_above, dh, dc, gates[t], c[t], tanh_c[t], h_new[t], dz_t, scratch)
            recurrent.backward(t, dz_t, dh)

        return back

    def weight_gradients(self, tape: LstmTape, g: Weights) -> None:
        dz, (_, c_new) = tape.z, tape.computed
        tape.recurrent.weight_gradients(tape.h[:-1], dz, g["Wh"], g.get("gh"))
        if self.peephole:
            peephole_gradients(c_new, tape.c[:-1], dz, g)


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

    dh arrives as the gradient from the next step, and dh_above is added to it. The derivative of
    a sigmoid is s (1 - s), of tanh 1 - y**2; h is o tanh(c).
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
