"""Toys: one extension of each kind, and the one table that each of them joins.

As a plugin of pytest (`-p tests.toys`) it registers them before the contract tests are collected.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import click
import numpy as np

from charrnn import api
from charrnn.api import HOMES
from charrnn.cli import COMMANDS
from charrnn.cli.command import Command
from charrnn.draw.console import write
from charrnn.draw.parts import table_html
from charrnn.draw.table import Column, Table
from charrnn.errors import UsageError
from charrnn.nn.arrays import DType, Floats, Shape, Weights, empty
from charrnn.nn.cells import CELLS
from charrnn.nn.cells.base import (
    Gate,
    Tape,
    layer_norm,
    part,
    raw_states,
    recurrent_,
    recurrent_shapes,
)
from charrnn.nn.initializers import INITIALIZERS, Initializer
from charrnn.nn.kernels import KERNELS
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY, Plain
from charrnn.nn.layers.noise import QUIET, DropoutRates
from charrnn.nn.layers.recurrent_product import RecurrentProduct
from charrnn.nn.ops import sigmoid_
from charrnn.optim import OPTIMIZERS, SCHEDULES, Moment, Slots
from charrnn.optim.rules import StepInfo
from charrnn.sampling import FILTERS, FilterSpec
from charrnn.settings import above, between, from_up_to, setting
from charrnn.studies.report.reported import Judged, Reported, Subject
from charrnn.studies.report.studies import STUDIES
from charrnn.studies.units.signals import SIGNALS, TextFeature
from charrnn.training.event_lines import Rounded
from charrnn.training.events import RECORDED
from tests import naive


@dataclass(frozen=True)
class MguTape(Tape):
    """Numbers: {memory}. Layer norm adds {norm_memory}."""

    gates: Floats  # (T, 2, B, H): f and n
    inner: Floats  # (T, B, H): f * h_{t-1}
    recurrent: RecurrentProduct  # h times the block of Wh for f
    candidate: RecurrentProduct  # inner times U
    hf: Floats  # (B, H)
    hn: Floats  # (B, H)
    passed: Floats  # (B, H)

    memory: ClassVar[str] = "6*T*B*H + 6*B*H + 4*H*H"
    norm_memory: ClassVar[str] = "4*T*B*H + 2*T*B + 2*B*H + 2*B"
    over_time: ClassVar[tuple[str, ...]] = ("z", "h", "gates", "inner")

    def gate(self, k: int) -> Floats:
        return self.gates[:, k]


@dataclass(frozen=True)
class Mgu:
    """Minimal gated unit (Zhou et al. 2016).

        f   = sigmoid(z_f + h_{t-1} Wh)
        n   = tanh(z_n + (f * h_{t-1}) U)
        h_t = (1 - f) * h_{t-1} + f * n

    where U is the candidate's block of Wh.
    """

    hidden_size: int
    layer_norm: bool = layer_norm()

    gates: ClassVar[tuple[Gate, ...]] = (
        Gate("f", "sigmoid", "the one gate"),
        Gate("n", "tanh", "candidate"),
    )
    states: ClassVar[tuple[str, ...]] = ("h",)

    def shapes(self) -> dict[str, Shape]:
        return recurrent_shapes(self.hidden_size, 2, self.layer_norm)

    def init_(self, p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
        recurrent_(p, 2, initializer, rng)

    def tape(
        self, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY, rates: DropoutRates = QUIET
    ) -> MguTape:
        H = self.hidden_size

        def product() -> RecurrentProduct:
            return RecurrentProduct(T, B, H, H, dtype, kernels, self.layer_norm, rates)

        return MguTape(
            kernels=kernels,
            z=empty((T, B, 2 * H), dtype),
            h=empty((T + 1, B, H), dtype),
            raw=raw_states(T, B, H, 1, dtype, rates),
            last=(empty((B, H), dtype),),
            d=(empty((B, H), dtype),),
            gates=empty((T, 2, B, H), dtype),
            inner=empty((T, B, H), dtype),
            recurrent=product(),
            candidate=product(),
            hf=empty((B, H), dtype),
            hn=empty((B, H), dtype),
            passed=empty((B, H), dtype),
        )

    def prepare(self, p: Weights, tape: MguTape, mask: Floats | None = None) -> None:
        tape.recurrent.prepare(p["Wh"][:, self._f], part(p, "gh", self._f), mask)
        tape.candidate.prepare(p["Wh"][:, self._n], part(p, "gh", self._n), mask)

    def stepper(self, p: Weights, tape: MguTape) -> Callable[[int], None]:
        (h_new,) = tape.computed

        def step(t: int) -> None:
            h_prev, z, (f, n) = tape.h[t], tape.z[t], tape.gates[t]
            tape.recurrent.forward(t, h_prev, tape.hf)
            np.add(z[:, self._f], tape.hf, out=f)
            sigmoid_(f)
            np.multiply(f, h_prev, out=tape.inner[t])
            tape.candidate.forward(t, tape.inner[t], tape.hn)
            np.tanh(z[:, self._n] + tape.hn, out=n)
            h_new[t] = (1 - f) * h_prev + f * n

        return step

    def back_stepper(self, p: Weights, tape: MguTape) -> Callable[[int, Floats], None]:
        (dh,) = tape.d
        tape.recurrent.prepare_back(p["Wh"][:, self._f])
        tape.candidate.prepare_back(p["Wh"][:, self._n])

        def back(t: int, dh_above: Floats) -> None:
            h_prev, dz, (f, n) = tape.h[t], tape.z[t], tape.gates[t]
            dh_new = dh_above + dh
            dz[:, self._n] = dh_new * f * (1 - n * n)
            tape.candidate.backward(t, dz[:, self._n], tape.hn)
            dz[:, self._f] = (dh_new * (n - h_prev) + tape.hn * h_prev) * f * (1 - f)
            np.add(dh_new * (1 - f), tape.hn * f, out=tape.passed)
            tape.recurrent.backward(t, dz[:, self._f], dh)
            np.add(dh, tape.passed, out=dh)

        return back

    def weight_gradients(self, tape: MguTape, g: Weights) -> None:
        h, dz, f, n = tape.h[:-1], tape.z, self._f, self._n
        tape.recurrent.weight_gradients(h, dz[..., f], g["Wh"][:, f], part(g, "gh", f))
        tape.candidate.weight_gradients(tape.inner, dz[..., n], g["Wh"][:, n], part(g, "gh", n))

    @property
    def _f(self) -> slice:
        return slice(self.hidden_size)

    @property
    def _n(self) -> slice:
        return slice(self.hidden_size, 2 * self.hidden_size)


class NaiveMgu:
    """f = sigmoid(z + Wh h);  n = tanh(z_n + U (f h));  h' = (1 - f) h + f n."""

    gates: ClassVar[dict[str, int]] = {"f": 3, "n": 4}

    def step(self, w, z, state, mask=1.0):
        (h,) = state
        H = len(h)
        wh = naive.Product(w, slice(H), h, mask)
        f = naive.sigmoid(z[:H] + wh.out)
        U = naive.Product(w, slice(H, 2 * H), f * h, mask)
        n = np.tanh(z[H:] + U.out)
        return ((1 - f) * h + f * n,), (wh, U, h, f, n)

    def back(self, w, g, dstate, cache):
        (dh_new,), (wh, U, h, f, n) = dstate, cache
        dan = dh_new * f * (1 - n**2)
        dfh = U.back(g, dan)
        daf = (dh_new * (n - h) + dfh * h) * f * (1 - f)
        return np.concatenate([daf, dan]), (dh_new * (1 - f) + dfh * f + wh.back(g, daf),)


@dataclass(frozen=True)
class Signum:
    """m = beta * m + (1 - beta) * dw; w -= lr * sign(m) (Bernstein et al. 2018)."""

    learning_rate: float = setting(0.001, "initial learning rate", above(0), resumable=True)
    beta: float = setting(0.5, "decay rate of the mean gradient", from_up_to(0, 1))
    slots: ClassVar[tuple[str, ...]] = ("m",)
    mean_square: ClassVar[str | None] = None

    def update(self, w: Floats, dw: Floats, slots: Slots, info: StepInfo, scratch: Floats) -> None:
        m = slots["m"]
        m *= self.beta
        m += (1 - self.beta) * dw
        w -= info.lr * np.sign(m)


def naive_signum(w, grads, lr, beta, **_):
    """The published formula, entry by entry."""
    m = np.zeros_like(w)
    for g in grads:
        m = beta * m + (1 - beta) * g
        w = np.where(m > 0, w - lr, np.where(m < 0, w + lr, w))
    return w


@dataclass(frozen=True)
class Falling:
    """Linear decay to the fraction `end`, halved by every evaluation without a better loss."""

    end: float = setting(0.1, "final learning rate, as a fraction of the first", between(0, 1))
    spans_run: ClassVar[bool] = True
    uses_loss: ClassVar[bool] = True

    def factor(self, moment: Moment) -> float:
        return (1.0 - (1.0 - self.end) * moment.progress) * 0.5**moment.drops

    def drops_after(self, evals_since_best: int) -> bool:
        return evals_since_best > 0


@dataclass(frozen=True)
class Coins:
    """Every weight is +s or -s."""

    scale: float = setting(0.3, "absolute value of the weights", above(0))

    def input_(self, w: Floats, rng: np.random.Generator) -> None:
        w[...] = rng.choice([-self.scale, self.scale], w.shape)

    recurrent_ = input_


@dataclass(frozen=True)
class MinP:
    """Keep what is at least p times as likely as the most likely character (Nguyen et al. 2024)."""

    value: float

    def __post_init__(self) -> None:
        if not 0.0 < self.value <= 1.0:
            raise UsageError(f"min-p is {self.value:g}; it must be above 0 and at most 1")

    def __call__(self, log_p: Floats) -> None:
        best = log_p.max(axis=-1, keepdims=True)
        log_p[log_p < best + np.log(self.value)] = -np.inf


class Mirrored(Plain):
    """The product of the transposes, transposed."""

    def __call__(self, x: Floats, out: Floats) -> None:
        out[...] = (self.w.T @ x.T).T


def mirrored() -> Kernels:
    return Kernels("mirrored", lambda R, K, N, dtype: Mirrored(K, N, dtype))


def vowels(text: str) -> Floats:
    return np.array([character in "aeiou" for character in text], np.float32)


def _doubled(subject: Subject) -> float:
    """The share of characters that repeat the one before."""
    ids = subject.part.sequence(subject.part.characters)
    return float((ids[1:] == ids[:-1]).mean())


def _doubled_in_html(share: float, judged: Judged) -> Iterator[str]:
    columns = (Column("share", ".2%"),)
    yield table_html(Table(columns, [(share,)], f"doubled characters of the {judged.part} part"))


@dataclass(frozen=True)
class Yawned:
    """The run is bored."""

    step: int
    width: Annotated[float, Rounded(2)]


@click.command(cls=Command)
@click.argument("checkpoint")
def sizes(checkpoint: str) -> None:
    """Print the shape of every weight.

    \b
    Example:
      charrnn sizes runs/quickstart
    """
    for name, shape in api.load(checkpoint).params.shapes.items():
        write(f"{name} {'x'.join(map(str, shape))}\n")


TOYS: tuple[tuple[dict[str, Any], str, Any], ...] = (
    (CELLS, "mgu", Mgu),
    (OPTIMIZERS, "signum", Signum),
    (SCHEDULES, "falling", Falling),
    (INITIALIZERS, "coins", Coins),
    (KERNELS, "mirrored", mirrored),
    (FILTERS, "min_p", FilterSpec(MinP, float, "P", "m", "0.1", "Drop what is below P times.")),
    (SIGNALS, "vowel", TextFeature(vowels, "at a vowel")),
    (STUDIES, "doubled", Reported("What it doubles", _doubled, _doubled_in_html)),
    (RECORDED, "yawn", Yawned),
    (COMMANDS, "sizes", "tests.toys"),
    (HOMES, "UnitSearch", "studies.units.search"),
)
ORACLES: tuple[tuple[dict[str, Any], str, Any], ...] = (
    (naive.ORACLES, "Mgu", lambda cell: NaiveMgu()),
    (naive.RULES, "signum", naive_signum),
)


def pytest_configure() -> None:
    for table, name, toy in TOYS + ORACLES:
        table[name] = toy
