"""Optimizers: update rules from a gradient to new weights, on flat vectors, without allocation.

Every rule works element by element, so it can be applied to any slice of the vectors; `step_` uses
slices that fit into the cache of a core.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, NamedTuple, Protocol, TypeAlias

import numpy as np

from charrnn.nn.arrays import Floats, empty, zeros
from charrnn.nn.params import Params
from charrnn.settings import above, at_least, from_up_to, setting

Slots: TypeAlias = dict[str, Floats]  # the state of a rule, such as moments, each (N,)

SLICE = 16_384


class StepInfo(NamedTuple):
    """The scalars of one step of a rule."""

    lr: float  # learning rate, after the schedule
    t: int  # number of the step: 1, 2, ...
    decay: bool  # True if weight decay applies: w belongs to matrices


class Optimizer(Protocol):
    """A frozen dataclass whose settings are its config keys."""

    slots: ClassVar[tuple[str, ...]]  # names of the slots
    mean_square: ClassVar[str | None]  # name of the slot with the mean of squared gradients, if any

    @property
    def learning_rate(self) -> float: ...

    def update(self, w: Floats, dw: Floats, slots: Slots, info: StepInfo, scratch: Floats) -> None:
        """Update `w` and `slots` in place by one step; `dw` and `scratch` may be overwritten."""


def new_slots(optimizer: Optimizer, p: Params) -> Slots:
    """The state of `optimizer` before its first step: zeros."""
    return {name: zeros(p.flat.shape, p.flat.dtype) for name in optimizer.slots}


def new_scratch(p: Params) -> Floats:
    """Working memory for a step of `p`."""
    return empty((min(SLICE, p.flat.size),), p.flat.dtype)


def step_(
    optimizer: Optimizer,
    p: Params,
    g: Params,
    slots: Slots,
    scratch: Floats,
    *,
    lr: float,
    t: int,
) -> None:
    """One step of all weights, in place. Overwrites `p`, `slots`, `g` and `scratch`."""
    for part, decay in _slices(p):
        optimizer.update(
            p.flat[part],
            g.flat[part],
            {name: slot[part] for name, slot in slots.items()},
            StepInfo(lr, t, decay),
            scratch[: part.stop - part.start],
        )


def _slices(p: Params) -> Iterator[tuple[slice, bool]]:
    """Slices of at most SLICE weights, each with True if weight decay applies to it."""
    for start, stop, decay in ((0, p.decayed, True), (p.decayed, p.flat.size, False)):
        for k in range(start, stop, SLICE):
            yield slice(k, min(k + SLICE, stop)), decay


@dataclass(frozen=True)
class Sgd:
    """w -= lr * dw: stochastic gradient descent (Robbins and Monro 1951)."""

    learning_rate: float = setting(1.0, "initial learning rate", above(0), resumable=True)
    slots: ClassVar[tuple[str, ...]] = ()
    mean_square: ClassVar[str | None] = None

    def update(self, w: Floats, dw: Floats, slots: Slots, info: StepInfo, scratch: Floats) -> None:
        np.multiply(dw, info.lr, out=dw)
        np.subtract(w, dw, out=w)


@dataclass(frozen=True)
class Momentum:
    """v = momentum * v + dw; w -= lr * v (Polyak 1964, in the form of Sutskever et al. 2013)."""

    learning_rate: float = setting(0.1, "initial learning rate", above(0), resumable=True)
    momentum: float = setting(0.9, "momentum coefficient", from_up_to(0, 1))
    slots: ClassVar[tuple[str, ...]] = ("v",)
    mean_square: ClassVar[str | None] = None

    def update(self, w: Floats, dw: Floats, slots: Slots, info: StepInfo, scratch: Floats) -> None:
        v = slots["v"]
        np.multiply(v, self.momentum, out=v)
        np.add(v, dw, out=v)
        np.multiply(v, info.lr, out=scratch)
        np.subtract(w, scratch, out=w)


@dataclass(frozen=True)
class Adagrad:
    """s += dw**2; w -= lr * dw / (sqrt(s) + eps) (Duchi, Hazan and Singer 2011)."""

    learning_rate: float = setting(0.1, "initial learning rate", above(0), resumable=True)
    eps: float = setting(1e-8, "term added to the denominator for numerical stability", above(0))
    slots: ClassVar[tuple[str, ...]] = ("s",)
    mean_square: ClassVar[str | None] = None

    def update(self, w: Floats, dw: Floats, slots: Slots, info: StepInfo, scratch: Floats) -> None:
        s = slots["s"]
        np.multiply(dw, dw, out=scratch)
        np.add(s, scratch, out=s)
        _descend(w, dw, s, info.lr, self.eps, scratch)


@dataclass(frozen=True)
class RmsProp:
    """s = decay * s + (1 - decay) * dw**2; w -= lr * dw / (sqrt(s) + eps) (Hinton 2012)."""

    learning_rate: float = setting(0.002, "initial learning rate", above(0), resumable=True)
    decay: float = setting(0.95, "decay rate of the mean square", from_up_to(0, 1))
    eps: float = setting(1e-8, "term added to the denominator for numerical stability", above(0))
    slots: ClassVar[tuple[str, ...]] = ("s",)
    mean_square: ClassVar[str | None] = "s"

    def update(self, w: Floats, dw: Floats, slots: Slots, info: StepInfo, scratch: Floats) -> None:
        s = slots["s"]
        _average_square(s, dw, self.decay, scratch)
        _descend(w, dw, s, info.lr, self.eps, scratch)


@dataclass(frozen=True)
class Adam:
    """Adaptive steps from running estimates of the first two moments (Kingma and Ba 2015).

    m = beta1 * m + (1 - beta1) * dw;  v = beta2 * v + (1 - beta2) * dw**2
    w -= lr * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + eps)
    """

    learning_rate: float = setting(0.002, "initial learning rate", above(0), resumable=True)
    beta1: float = setting(0.9, "decay rate of the first moment", from_up_to(0, 1))
    beta2: float = setting(0.999, "decay rate of the second moment", from_up_to(0, 1))
    eps: float = setting(1e-8, "term added to the denominator for numerical stability", above(0))
    slots: ClassVar[tuple[str, ...]] = ("m", "v")
    mean_square: ClassVar[str | None] = "v"

    def update(self, w: Floats, dw: Floats, slots: Slots, info: StepInfo, scratch: Floats) -> None:
        m, v = slots["m"], slots["v"]
        _average_square(v, dw, self.beta2, scratch)
        np.multiply(dw, 1.0 - self.beta1, out=dw)
        np.multiply(m, self.beta1, out=m)
        np.add(m, dw, out=m)
        # Bias corrections are scalars: with c2 = 1 - beta2**t, sqrt(v/c2) + eps is
        # (sqrt(v) + eps*sqrt(c2)) / sqrt(c2), so they move into lr and eps.
        root = sqrt(1.0 - self.beta2**info.t)
        np.copyto(dw, m)
        _descend(w, dw, v, info.lr * root / (1.0 - self.beta1**info.t), self.eps * root, scratch)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

    weight_decay: float = setting(0.01, "decoupled weight decay (matrices only)", at_least(0))

    def update(self, w: Floats, dw: Floats, slots: Slots, info: StepInfo, scratch: Floats) -> None:
        if info.decay:
            np.multiply(w, 1.0 - info.lr * self.weight_decay, out=w)
        super().update(w, dw, slots, info, scratch)


def _average_square(s: Floats, dw: Floats, decay: float, scratch: Floats) -> None:
    """Move s towards dw**2: s = decay * s + (1 - decay) * dw**2."""
    np.multiply(dw, dw, out=scratch)
    np.multiply(scratch, 1.0 - decay, out=scratch)
    np.multiply(s, decay, out=s)
    np.add(s, scratch, out=s)


def _descend(w: Floats, dw: Floats, s: Floats, lr: float, eps: float, scratch: Floats) -> None:
    """w -= lr * dw / (sqrt(s) + eps)."""
    np.sqrt(s, out=scratch)
    np.add(scratch, eps, out=scratch)
    np.divide(dw, scratch, out=dw)
    np.multiply(dw, lr, out=dw)
    np.subtract(w, dw, out=w)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": Sgd,
    "momentum": Momentum,
    "adagrad": Adagrad,
    "rmsprop": RmsProp,
    "adam": Adam,
    "adamw": AdamW,
}
