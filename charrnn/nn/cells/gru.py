"""The gated recurrent unit, with its reset gate before or after the recurrent product."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.nn.arrays import DType, Floats, Shape, Weights, empty
from charrnn.nn.cells.base import (
    Gate,
    Tape,
    layer_norm,
    part,
    raw_states,
    recurrent_,
    recurrent_shapes,
)
from charrnn.nn.cells.gru_steps import (
    gru_after,
    gru_after_backward,
    gru_before,
    gru_before_backward,
    gru_candidate_backward,
    gru_reset,
)
from charrnn.nn.initializers import Initializer
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.noise import QUIET, DropoutRates
from charrnn.nn.layers.recurrent_product import RecurrentProduct
from charrnn.nn.ops import rows, sum_rows
from charrnn.settings import one_of, setting


@dataclass(frozen=True)
class GruTape(Tape):
    """Numbers: {memory}.

    These are what is kept over time, the states at both ends, scratch for a step, and the two
    layouts of Wh. Layer norm adds {norm_memory}.
    """

    gates: Floats  # (T, 3, B, H), contiguous by gate
    inner: Floats  # (T, B, H): r * h_{t-1} where reset is before; h_{t-1} U + bh where it is after
    recurrent: RecurrentProduct  # h times the blocks of Wh for r and z
    candidate: RecurrentProduct  # inner, or h, times U
    hz: Floats  # (B, 2*H)
    hn: Floats  # (B, H)
    passed: Floats  # (B, H), the gradient of h_{t-1} that does not come through (dr, dz)
    scratch: Floats  # (3*B, H)

    memory: ClassVar[str] = "8*T*B*H + 2*B*H + 8*B*H + 6*H*H"
    norm_memory: ClassVar[str] = "6*T*B*H + 2*T*B + 3*B*H + 2*B"
    over_time: ClassVar[tuple[str, ...]] = ("z", "h", "gates", "inner")

    def gate(self, k: int) -> Floats:
        return self.gates[:, k]


@dataclass(frozen=True)
class Gru:
    """Gated recurrent unit (Cho et al. 2014).

        r, z = sigmoid(z_r, z_z + h_{t-1} Wh)
        n    = tanh(z_n + (r * h_{t-1}) U)          reset: before, the published form
        n    = tanh(z_n + r * (h_{t-1} U + bh))     reset: after, the form of cuDNN and PyTorch
        h_t  = (1 - z) * h_{t-1} + z * n

    where r and z are the reset and the update gate, n is the candidate, U is the candidate's block
    of Wh, and z_. = x Wx + b comes from below. The gates are in the order r z n. PyTorch's z is
    our 1 - z.
    """

    hidden_size: int
    reset: str = setting(
        "before",
        "position of the reset gate: before (on h) or after (on h Wh) the product",
        one_of("before", "after"),
    )
    layer_norm: bool = layer_norm()

    gates: ClassVar[tuple[Gate, ...]] = (
        Gate("r", "sigmoid", "reset gate"),
        Gate("z", "sigmoid", "update gate"),
        Gate("n", "tanh", "candidate"),
    )
    states: ClassVar[tuple[str, ...]] = ("h",)

    def shapes(self) -> dict[str, Shape]:
        shapes = recurrent_shapes(self.hidden_size, 3, self.layer_norm)
        return shapes if self.reset == "before" else {**shapes, "bh": (self.hidden_size,)}

    def init_(self, p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
        recurrent_(p, 3, initializer, rng)

    def tape(
        self, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY, rates: DropoutRates = QUIET
    ) -> GruTape:
        H = self.hidden_size

        def array(*shape: int) -> Floats:
            return empty(shape, dtype)

        def product(width: int) -> RecurrentProduct:
            return RecurrentProduct(T, B, H, width, dtype, kernels, self.layer_norm, rates)

        return GruTape(
            kernels=kernels,
            z=array(T, B, 3 * H),
            h=array(T + 1, B, H),
            raw=raw_states(T, B, H, 1, dtype, rates),
            last=(array(B, H),),
            d=(array(B, H),),
            gates=array(T, 3, B, H),
            inner=array(T, B, H),
            recurrent=product(2 * H),
            candidate=product(H),
            hz=array(B, 2 * H),
            hn=array(B, H),
            passed=array(B, H),
            scratch=array(3 * B, H),
        )

    def prepare(self, p: Weights, tape: GruTape, mask: Floats | None = None) -> None:
        Wh, rz, n = p["Wh"], self._rz, self._n
        tape.recurrent.prepare(Wh[:, rz], part(p, "gh", rz), mask)
        tape.candidate.prepare(Wh[:, n], part(p, "gh", n), mask)

    def stepper(self, p: Weights, tape: GruTape) -> Callable[[int], None]:
        return _step_before(tape) if self.reset == "before" else _step_after(tape, p["bh"])

    def back_stepper(self, p: Weights, tape: GruTape) -> Callable[[int, Floats], None]:
        dz = tape.z  # dz[t] overwrites z[t], which no step needs any more
        dinner = tape.inner  # reset: after: the gradient of inner[t] overwrites it too
        h, gates, (dh,) = tape.h, tape.gates, tape.d
        passed, hn, scratch = tape.passed, tape.hn, tape.scratch
        recurrent, candidate, rz, n = tape.recurrent, tape.candidate, self._rz, self._n
        recurrent.prepare_back(p["Wh"][:, rz])
        candidate.prepare_back(p["Wh"][:, n])
        twin = tape.kernels.step
        interpolate = twin(gru_candidate_backward)
        before, after = twin(gru_before_backward), twin(gru_after_backward)

        def back(t: int, dh_above: Floats) -> None:
            dz_t, h_prev, gates_t = dz[t], h[t], gates[t]
            interpolate(dh_above, dh, gates_t, h_prev, dz_t, passed, scratch)
            if self.reset == "before":
                candidate.backward(t, dz_t[:, n], hn)
                before(hn, gates_t, h_prev, dz_t, passed, scratch)
            else:
                dinner_t = dinner[t]
                after(gates_t, dinner_t, dz_t, scratch)
                candidate.backward(t, dinner_t, hn)
                np.add(passed, hn, out=passed)
            recurrent.backward(t, dz_t[:, rz], dh)
            np.add(dh, passed, out=dh)

        return back

    def weight_gradients(self, tape: GruTape, g: Weights) -> None:
        h, dz, inner, rz, n = tape.h[:-1], tape.z, tape.inner, self._rz, self._n
        tape.recurrent.weight_gradients(h, dz[..., rz], g["Wh"][:, rz], part(g, "gh", rz))
        dU, dgain = g["Wh"][:, n], part(g, "gh", n)
        if self.reset == "before":
            tape.candidate.weight_gradients(inner, dz[..., n], dU, dgain)
        else:
            dinner = inner  # since `back_stepper`
            tape.candidate.weight_gradients(h, dinner, dU, dgain)
            sum_rows(rows(dinner), out=g["bh"])

    @property
    def _rz(self) -> slice:
        """The columns of Wh for r and z."""
        return slice(2 * self.hidden_size)

    @property
    def _n(self) -> slice:
        """The columns of Wh for the candidate: U."""
        return slice(2 * self.hidden_size, 3 * self.hidden_size)


def _step_before(tape: GruTape) -> Callable[[int], None]:
    z, h, (h_new,), gates, inner = tape.z, tape.h, tape.computed, tape.gates, tape.inner
    hz, hn, scratch = tape.hz, tape.hn, tape.scratch
    recurrent, candidate = tape.recurrent, tape.candidate
    reset, rest = tape.kernels.step(gru_reset), tape.kernels.step(gru_before)

    def step(t: int) -> None:
        z_t, h_prev, gates_t, inner_t = z[t], h[t], gates[t], inner[t]
        recurrent.forward(t, h_prev, hz)
        reset(z_t, hz, h_prev, gates_t, inner_t)
        candidate.forward(t, inner_t, hn)
        rest(z_t, hn, h_prev, gates_t, h_new[t], scratch)

    return step


def _step_after(tape: GruTape, bh: Floats) -> Callable[[int], None]:
    z, h, (h_new,), gates, inner = tape.z, tape.h, tape.computed, tape.gates, tape.inner
    hz, hn, scratch = tape.hz, tape.hn, tape.scratch
    recurrent, candidate = tape.recurrent, tape.candidate
    rest = tape.kernels.step(gru_after)

    def step(t: int) -> None:
        h_prev = h[t]
        recurrent.forward(t, h_prev, hz)
        candidate.forward(t, h_prev, hn)
        rest(z[t], hz, hn, bh, h_prev, gates[t], inner[t], h_new[t], scratch)

    return step
