"""The contract of a recurrent cell, and what all cells share.

A cell turns the pre-activations of a whole chunk, (T, B, G*H), into hidden states, (T, B, H).
Where the pre-activations come from (a gather, a dense product) is not its business.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from charrnn.nn.arrays import DType, Floats, Shape
from charrnn.nn.initializers import Initializer
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.recurrent_noise import UNTOUCHED, Past
from charrnn.nn.layers.recurrent_noise import State as State
from charrnn.nn.layers.recurrent_noise import Weights as Weights
from charrnn.settings import setting


@dataclass(frozen=True)
class Tape:
    """What a cell writes on the way forward and reads on the way back. Every cell has its own.

    z     (T, B, G*H)  in: the pre-activations from below; after `backward`: their gradient dz
    h     (T+1, B, H)  hidden states; h[0] is the incoming one
    last  (B, H) each  the state after the last step, in memory of its own

    Arrays over time come first in memory order, so a shorter chunk uses a part of the same tape.
    """

    kernels: Kernels
    z: Floats
    h: Floats
    last: State

    def first(self, steps: int) -> Self:
        """The same tape for a chunk of only `steps` steps: views, no copies."""
        spare = len(self.z) - steps
        over_time: dict[str, Any] = {
            f.name: array[: len(array) - spare]
            for f in fields(self)
            if isinstance(array := getattr(self, f.name), np.ndarray) and array.ndim > 2
        }
        return replace(self, **over_time) if spare else self

    def at(self, t: int) -> State:
        """The state after `t` steps, in the memory of the steps."""
        return (self.h[t],)

    def leave(self, t: int) -> State:
        """Copy the state after `t` steps to `last`, where it outlives the chunk."""
        for mine, state in zip(self.last, self.at(t), strict=True):
            np.copyto(mine, state)
        return self.last

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        parts = (getattr(self, f.name) for f in fields(self) if f.name not in ("kernels", "last"))
        return sum(part.nbytes for part in (*parts, *self.last))


class Cell(Protocol):
    """A frozen dataclass whose settings are its config keys. It knows sizes and holds no array."""

    gates: ClassVar[int]  # G: z is (T, B, G*H)
    slopes: ClassVar[dict[str, float]]  # by gate, in their order: the steepest of its nonlinearity
    states: ClassVar[tuple[str, ...]]  # the names of the arrays in its State: ("h",) or ("h", "c")

    @property
    def hidden_size(self) -> int:
        """H."""

    @property
    def layer_norm(self) -> bool:
        """Whether the products with the past and with what comes from below are normalised."""

    def shapes(self) -> dict[str, Shape]:
        """Its weights: Wh (H, G*H), the bias b (G*H,) that z from below includes, and its own.

        With layer norm also gh (G*H,), the gains of what Wh makes.
        """

    def init_(self, p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
        """Fill Wh and what else `shapes` names; biases are 0 when this is called."""

    def tape(self, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY) -> Any:
        """Memory for a chunk of up to T steps of B tracks, and the kernels that work on it."""

    def prepare(self, p: Weights, tape: Any) -> None:
        """Lay the weights out for `forward`: once, after they have changed."""

    def forward(self, p: Weights, state: State, tape: Any, past: Past = UNTOUCHED) -> State:
        """From tape.z and the incoming state to tape.h. Returns the last state, tape.last.

        It is the tape's own memory: it lasts, and may be handed in, until the next `forward`.
        """

    def backward(
        self,
        p: Weights,
        dh: Floats,
        tape: Any,
        g: Weights,
        dstate: State | None = None,
        past: Past = UNTOUCHED,
    ) -> State:
        """From dh (T, B, H), the gradient of the outputs, to tape.z = dz and the weights' `g`.

        `past` is that of `forward`; `dstate` is the gradient of the last state, 0 if it
        is None. Returns the gradient of the incoming state, in memory of the tape; dh stays as it
        is. Consumes the tape: forward must run again before the next backward.
        """


def layer_norm() -> Any:
    """The setting that every cell has."""
    return setting(
        False,
        "bring the products with the weights to mean 0 and variance 1, each row of them",
    )


def past_shapes(H: int, gates: int, norm: bool) -> dict[str, Shape]:
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
