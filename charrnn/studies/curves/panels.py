"""The data of a picture of curves, whatever draws it: panels of lines over one axis."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, log
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from charrnn.draw.axis import thinned
from charrnn.errors import UsageError
from charrnn.studies.curves.study import By, Curves, Numbers
from charrnn.training.smoothing import smoothed

Kind: TypeAlias = Literal["loss", "rate", "gradient", "clipped"]
Part: TypeAlias = Literal["raw", "train", "validation", "test", "limit", "mark"]

KINDS: tuple[Kind, ...] = ("loss", "rate", "gradient", "clipped")
AXES = {"steps": "steps", "characters": "characters read", "minutes": "minutes of training"}
MOST_POINTS = 2000  # of a smooth line: more than a picture is wide
HIGHEST = 1.25  # times the loss of guessing, where the axis ends


class Shown(NamedTuple):
    """A run in a picture: its name, the number of its colour, and its record."""

    name: str
    colour: int
    curves: Curves


@dataclass(frozen=True)
class Trace:
    """Points to join, or to mark, in the colour of a run; x in units of the axis."""

    part: Part
    x: Numbers
    y: Numbers
    colour: int | None = None  # None: that of no run


@dataclass(frozen=True)
class Panel:
    """Lines over one axis, which ends at `top`, or with the lines."""

    kind: Kind
    unit: str  # of y, in words
    lines: tuple[Trace, ...]
    top: float | None = None


@dataclass(frozen=True)
class Sheet:
    """Panels that share an x axis, and the runs in them."""

    unit: str  # of x, in words
    whole: bool  # whether x is whole numbers
    shown: tuple[Shown, ...]
    panels: tuple[Panel, ...]


def make_sheet(
    shown: Sequence[Shown],
    kinds: Sequence[Kind] = ("loss",),
    *,
    by: By = "steps",
    bits: bool = False,
    top: float | None = None,
    parts: Sequence[Part] = ("raw", "train", "validation", "test"),
) -> Sheet:
    """The `kinds` of panels of the runs, of whose losses only these `parts` are drawn.

    `top` is where the axis of the losses ends; without it, where they do, or not far above what
    guessing reaches. Raises UsageError where no run has the quantity of a panel.
    """
    marks = tuple(_marks(shown[0].curves, by)) if len(shown) == 1 else ()
    panels = []
    for kind in kinds:
        if kind == "loss":
            lines = _losses(shown, by, 1 / log(2) if bits else 1.0, parts)
        else:
            lines = [line for one in shown for line in _others(kind, one, by, len(shown))]
        lines = [line for line in lines if np.isfinite(line.y).any()]
        if not lines:
            raise UsageError(_MISSING[kind])
        if not any(np.isfinite(line.x).any() for line in lines):
            raise UsageError(f"no run has its {AXES[by]}", "choose another axis with `by`")
        unit = f"loss, {'bits' if bits else 'nats'}/char" if kind == "loss" else _UNITS[kind]
        end = _top(shown, lines, bits, top) if kind == "loss" else None
        panels.append(Panel(kind, unit, (*lines, *marks), end))
    return Sheet(AXES[by], by != "minutes", tuple(shown), tuple(panels))


_UNITS = {"rate": "learning rate", "gradient": "gradient norm", "clipped": "share clipped"}
_MISSING = {
    "loss": "no run has a loss yet; wait for its first step",
    "rate": "no run has its learning rate: leave out the panel 'rate'",
    "gradient": "no run has its gradient norms: leave out the panel 'gradient'",
    "clipped": "no run says which of its steps were clipped: leave out the panel 'clipped'",
}


def told_kinds(shown: Sequence[Shown]) -> list[Kind]:
    """The panels that there is anything for; losses are always wanted."""
    columns: dict[Kind, str] = {"rate": "learning_rate", "gradient": "grad_norm"}
    return [
        kind
        for kind in KINDS
        if kind == "loss"
        or any(np.isfinite(getattr(one.curves, columns.get(kind, kind))).any() for one in shown)
    ]


def _losses(shown: Sequence[Shown], by: By, unit: float, parts: Sequence[Part]) -> list[Trace]:
    lines = []
    for _, colour, curves in shown:
        x, val_x = getattr(curves.along, by), getattr(curves.val_along, by)
        if "raw" in parts and len(shown) == 1:
            lines.append(Trace("raw", x, curves.train * unit, colour))
        if "train" in parts:
            lines.append(Trace("train", *thinned(x, curves.smoothed * unit, MOST_POINTS), colour))
        if "validation" in parts:
            lines.append(Trace("validation", val_x, curves.val * unit, colour))
        if "test" in parts and curves.test is not None and curves.test_step is not None:
            place = np.array([curves.place(by, curves.test_step)])
            lines.append(Trace("test", place, np.array([curves.test * unit]), colour))
    return lines


def _others(kind: Kind, one: Shown, by: By, runs: int) -> Iterator[Trace]:
    """The lines of the panels below the losses; of several runs the smooth lines alone."""
    curves = one.curves
    x = getattr(curves.along, by)
    if kind == "rate":
        yield Trace("train", *thinned(x, curves.learning_rate, MOST_POINTS), one.colour)
    elif kind == "clipped":
        yield Trace(
            "train", *thinned(x, smoothed(curves.clipped, curves.smooth), MOST_POINTS), one.colour
        )
    else:
        if runs == 1:
            yield Trace("raw", x, curves.grad_norm, one.colour)
        yield Trace(
            "train", *thinned(x, smoothed(curves.grad_norm, curves.smooth), MOST_POINTS), one.colour
        )
        if curves.clip_norm is not None and x.size:
            yield Trace("limit", x[[0, -1]], np.full(2, curves.clip_norm), one.colour)


def _marks(curves: Curves, by: By) -> Iterator[Trace]:
    """A mark at every number that was not finite."""
    for accident in curves.not_finite:
        yield Trace("mark", np.array([curves.place(by, accident.step)]), np.array([np.nan]))


def _top(
    shown: Sequence[Shown], lines: Sequence[Trace], bits: bool, wanted: float | None
) -> float | None:
    """The end of the loss axis: `wanted`, or a limit where losses rise far above guessing.

    Raises UsageError where nothing would be seen.
    """
    values = np.concatenate([line.y[np.isfinite(line.y)] for line in lines])
    if wanted is not None:
        if not values.min() < wanted < inf:
            raise UsageError(f"top is {wanted:g}, but the lowest loss is {values.min():.4f}")
        return wanted
    sizes = [one.curves.vocab_size for one in shown if one.curves.vocab_size]
    highest = HIGHEST * log(max(sizes, default=1)) / (log(2) if bits else 1.0)
    return highest if values.min() < highest < values.max() else None
