"""The contract of a recurrent cell, its gates and its tape, and what all cells share.

A cell turns the pre-activations of a whole chunk, (T, B, G*H), into hidden states, (T, B, H). Where
the pre-activations come from (a gather, a dense product) is not its business, nor is the loop over
time (`unroll`): a cell knows one step, forward and back.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, Self

import numpy as np

from charrnn.nn.arrays import DType, Floats, Shape, State, Weights, empty
from charrnn.nn.initializers import Initializer
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.noise import QUIET, DropoutRates
from charrnn.settings import setting

SLOPES = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0}  # the largest derivatives
STATE_MEANINGS = {"h": "hidden state", "c": "cell state"}


class Gate(NamedTuple):
    """One of the G blocks of a cell's pre-activations, and the nonlinearity that it goes through.

    The candidate, which is no gate in the strict sense, is one of them.
    """

    name: str  # the letter in the cell's equations
    nonlinearity: Literal["sigmoid", "tanh", "relu"]
    meaning: str

    @property
    def slope(self) -> float:
        """The largest derivative of the nonlinearity: 1/4 for a sigmoid, 1 for tanh and relu."""
        return SLOPES[self.nonlinearity]


@dataclass(frozen=True)
class Tape:
    """The activations of a chunk: written by the forward pass, read by the backward pass.

    z     (T, B, G*H)    in: the pre-activations from below; after `unroll_back`: their gradient dz
    h     (T+1, B, H)    hidden states; h[0] is the incoming one
    raw   (T, B, H) each the states before zoneout, where there is zoneout; else ()
    last  (B, H) each    the state after the last step, in memory of its own
    d     (B, H) each    on the way back: the gradient of the state between two steps

    Arrays over time come first in memory order, so a shorter chunk uses a part of the same tape.
    """

    kernels: Kernels
    z: Floats
    h: Floats
    raw: State
    last: State
    d: State

    over_time: ClassVar[tuple[str, ...]] = ("z", "h")  # the arrays whose first axis is time
    memory: ClassVar[str]  # how many numbers it holds, without noise and with plain kernels
    norm_memory: ClassVar[str]  # how many more with layer norm

    def __init_subclass__(cls) -> None:
        """Show the formulas of the memory in the docstring."""
        text = (cls.__doc__ or "").replace("{memory}", cls.memory)
        cls.__doc__ = text.replace("{norm_memory}", cls.norm_memory)

    def first(self, steps: int) -> Self:
        """The same tape for a chunk of only `steps` steps: views, no copies."""
        spare = len(self.z) - steps
        if not spare:
            return self
        arrays: dict[str, Any] = {name: getattr(self, name) for name in self.over_time}
        shorter: dict[str, Any] = {name: a[: len(a) - spare] for name, a in arrays.items()}
        return replace(self, **shorter, raw=tuple(state[:steps] for state in self.raw))

    @cached_property
    def states(self) -> State:
        """The state over time, (T+1, B, H) each."""
        return (self.h,)

    @cached_property
    def computed(self) -> State:
        """The states that the steps write, (T, B, H) each, before zoneout."""
        return self.raw or tuple(state[1:] for state in self.states)

    def gate(self, k: int) -> Floats:
        """The values (T, B, H) of gate `k`; where there is but one, the state itself."""
        return self.computed[k]

    def at(self, t: int) -> State:
        """The state after `t` steps, in the memory of the steps."""
        return tuple([state[t] for state in self.states])

    def leave(self, t: int) -> State:
        """Copy the state after `t` steps to `last`, where it outlives the chunk."""
        for last, state in zip(self.last, self.at(t), strict=True):
            np.copyto(last, state)
        return self.last

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        lists = ("raw", "last", "d")
        own = (getattr(self, f.name) for f in fields(self) if f.name not in ("kernels", *lists))
        return sum(part.nbytes for part in (*own, *self.raw, *self.last, *self.d))


class Cell(Protocol):
    """A frozen dataclass whose settings are its config keys. It knows sizes and holds no array."""

    states: ClassVar[tuple[str, ...]]  # the names of the arrays in its State: ("h",) or ("h", "c")

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The G blocks of its pre-activations, in their order: z is (T, B, G*H)."""

    @property
    def hidden_size(self) -> int:
        """H."""

    @property
    def layer_norm(self) -> bool:
        """Whether the products with Wh and Wx are normalised."""

    def shapes(self) -> dict[str, Shape]:
        """Its weights: Wh (H, G*H), the bias b (G*H,) that z from below includes, and its own.

        With layer norm also gh (G*H,), the gains of h Wh.
        """

    def init_(self, p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
        """Fill Wh and what else `shapes` names; biases are 0 when this is called."""

    def tape(
        self, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY, rates: DropoutRates = QUIET
    ) -> Any:
        """Memory for a chunk of up to T steps of B tracks, and the kernels that work on it."""

    def prepare(self, p: Weights, tape: Any, mask: Floats | None = None) -> None:
        """Lay the weights out for the steps, once after they have changed.

        `mask` (B, H) is that of recurrent dropout: it multiplies what Wh multiplies.
        """

    def stepper(self, p: Weights, tape: Any) -> Callable[[int], None]:
        """A function of t = 0, 1, ...: from z[t] and the state at t to computed[t]."""

    def back_stepper(self, p: Weights, tape: Any) -> Callable[[int, Floats], None]:
        """A function of t = T-1, T-2, ... and dh_above (B, H), the gradient of h_t from above.

        tape.d, the gradient of computed[t] but for dh_above, becomes that of the state at t, and
        z[t] becomes dz[t].
        """

    def weight_gradients(self, tape: Any, g: Weights) -> None:
        """The gradients of the weights into `g`, but for b: after all steps have gone back."""


def layer_norm() -> Any:
    """The setting that every cell has."""
    return setting(
        False,
        "layer normalisation of the products x Wx and h Wh",
    )


def meaning_of(cell: Cell, name: str) -> str:
    """The state or the gate `name` in words."""
    gates = {gate.name: gate.meaning for gate in cell.gates}
    return gates.get(name) or STATE_MEANINGS.get(name, f"state {name}")


def raw_states(T: int, B: int, H: int, states: int, dtype: DType, rates: DropoutRates) -> State:
    """Memory for the states before zoneout, if there is zoneout."""
    return tuple(empty((T, B, H), dtype) for _ in range(states if rates.zoneout else 0))


def recurrent_shapes(H: int, gates: int, norm: bool) -> dict[str, Shape]:
    """The weights that every cell has."""
    shapes: dict[str, Shape] = {"Wh": (H, gates * H), "b": (gates * H,)}
    return {**shapes, "gh": (gates * H,)} if norm else shapes


def part(w: Weights, name: str, columns: slice) -> Floats | None:
    """Some columns of a vector, if there is that vector."""
    return w[name][columns] if name in w else None


def recurrent_(p: Weights, gates: int, initializer: Initializer, rng: np.random.Generator) -> None:
    """Fill the recurrent matrix (H, G*H) block by block; gains begin at 1."""
    for block in np.split(p["Wh"], gates, axis=1):
        initializer.recurrent_(block, rng)
    if "gh" in p:
        p["gh"][...] = 1.0
