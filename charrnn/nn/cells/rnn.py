"""The vanilla RNN: one matrix, one nonlinearity."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.nn.arrays import DType, Floats, Shape, Weights, empty
from charrnn.nn.cells.base import Gate, Tape, layer_norm, raw_states, recurrent_, recurrent_shapes
from charrnn.nn.initializers import Initializer
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.noise import QUIET, DropoutRates
from charrnn.nn.layers.recurrent_product import RecurrentProduct
from charrnn.nn.ops import tanh_slope
from charrnn.settings import one_of, setting


@dataclass(frozen=True)
class RnnTape(Tape):
    """Numbers: {memory}.

    These are what is kept over time, the states at both ends, scratch for a step, and the two
    layouts of Wh. Layer norm adds {norm_memory}.
    """

    slopes: Floats  # (T, B, H), the derivative of the nonlinearity
    recurrent: RecurrentProduct  # h Wh

    memory: ClassVar[str] = "3*T*B*H + 2*B*H + B*H + 2*H*H"
    norm_memory: ClassVar[str] = "2*T*B*H + T*B + B*H + B"
    over_time: ClassVar[tuple[str, ...]] = ("z", "h", "slopes")


@dataclass(frozen=True)
class Rnn:
    """The simple recurrent network (Elman 1990).

        h_t = tanh(z + h_{t-1} Wh)

    where z = x Wx + b comes from below. With `activation: relu` and the `identity` initializer it
    is the IRNN (Le, Jaitly and Hinton 2015).
    """

    hidden_size: int
    activation: str = setting("tanh", "nonlinearity of the hidden state", one_of("tanh", "relu"))
    layer_norm: bool = layer_norm()

    states: ClassVar[tuple[str, ...]] = ("h",)

    @property
    def gates(self) -> tuple[Gate, ...]:
        return (Gate("h", "relu" if self.activation == "relu" else "tanh", "hidden state"),)

    def shapes(self) -> dict[str, Shape]:
        return recurrent_shapes(self.hidden_size, 1, self.layer_norm)

    def init_(self, p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
        recurrent_(p, 1, initializer, rng)

    def tape(
        self, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY, rates: DropoutRates = QUIET
    ) -> RnnTape:
        H = self.hidden_size
        return RnnTape(
            kernels=kernels,
            z=empty((T, B, H), dtype),
            h=empty((T + 1, B, H), dtype),
            raw=raw_states(T, B, H, 1, dtype, rates),
            last=(empty((B, H), dtype),),
            d=(empty((B, H), dtype),),
            slopes=empty((T, B, H), dtype),
            recurrent=RecurrentProduct(T, B, H, H, dtype, kernels, self.layer_norm, rates),
        )

    def prepare(self, p: Weights, tape: RnnTape, mask: Floats | None = None) -> None:
        tape.recurrent.prepare(p["Wh"], p.get("gh"), mask)

    def stepper(self, p: Weights, tape: RnnTape) -> Callable[[int], None]:
        z, h, (h_new,), recurrent = tape.z, tape.h, tape.computed, tape.recurrent
        activate_ = tape.kernels.step(rnn_tanh if self.activation == "tanh" else rnn_relu)

        def step(t: int) -> None:
            h_t = h_new[t]
            recurrent.forward(t, h[t], h_t)
            activate_(z[t], h_t)

        return step

    def back_stepper(self, p: Weights, tape: RnnTape) -> Callable[[int, Floats], None]:
        dz = tape.z  # dz[t] overwrites z[t], which no step needs any more
        (h_new,), (dh,), slopes, recurrent = tape.computed, tape.d, tape.slopes, tape.recurrent
        self._slopes(h_new, slopes)
        recurrent.prepare_back(p["Wh"])
        step = tape.kernels.step(rnn_backward)

        def back(t: int, dh_above: Floats) -> None:
            dz_t = dz[t]
            step(dh_above, dh, slopes[t], dz_t)
            recurrent.backward(t, dz_t, dh)

        return back

    def weight_gradients(self, tape: RnnTape, g: Weights) -> None:
        dz = tape.z
        tape.recurrent.weight_gradients(tape.h[:-1], dz, g["Wh"], g.get("gh"))

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
