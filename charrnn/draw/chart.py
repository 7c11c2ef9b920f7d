"""Charts as SVG: curves over a common axis, with a description for screen readers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import inf, log10

import numpy as np

from charrnn.draw.axis import log_ticks, thinned, ticks
from charrnn.draw.colours import series_colour
from charrnn.nn.arrays import Floats

WIDTH, HEIGHT = 520, 250
LEFT, RIGHT, TOP, BOTTOM = 72, 16, 16, 44
LEAST = 1e-300  # the smallest number on a logarithmic axis
MOST_TICKS = 6  # intervals of an axis
MOST_POINTS = 800  # of a line: more than there are pixels for
DASHES = ("", "6 3", "2 3", "8 3 2 3")


@dataclass(frozen=True)
class Curve:
    """A curve: x and y (n,). Points that are not finite are left out."""

    label: str
    x: Floats
    y: Floats
    faint: bool = False  # behind the others, and not in the legend


@dataclass(frozen=True)
class Axis:
    """The quantity of an axis, with its unit. Points above `top` are left out."""

    label: str
    log: bool = False  # powers of ten
    top: float = inf
    whole: bool = False  # of whole numbers, such as steps


def line_chart(
    lines: Sequence[Curve], x: Axis, y: Axis, title: str, marks: Sequence[float] = ()
) -> str:
    """An SVG element. Lines differ by colour and by dashes. Empty lines are left out.

    `marks` are places on the x axis, drawn as hidden vertical lines of class "mark" that a script
    can show.
    """
    drawn = [line for line in (_finite(one, x, y) for one in lines) if len(line.x)]
    if not drawn:
        return f"<p class='soft'>{escape(title)}: nothing to draw yet.</p>"
    across = Scale.of([line.x for line in drawn], x, LEFT, WIDTH - RIGHT)
    up = Scale.of([line.y for line in drawn], y, HEIGHT - BOTTOM, TOP)
    words = escape(_words(drawn, title))
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words}" class="chart">',
        *_grid(across, up),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">'
        f"{escape(x.label)}</text>",
        f'<text transform="translate(14 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)"'
        f' text-anchor="middle">{escape(y.label)}</text>',
    ]
    named = [line for line in drawn if not line.faint]
    for line in sorted(drawn, key=lambda one: not one.faint):
        parts.append(_path(line, _look(line, named), across, up))
    for place in across(np.array(marks)).tolist() if marks else ():
        parts.append(
            f'<line class="mark" x1="{place:.1f}" x2="{place:.1f}" y1="{TOP}"'
            f' y2="{HEIGHT - BOTTOM}"/>'
        )
    return "".join([*parts, "</svg>", *_legend(named)])


@dataclass(frozen=True)
class Scale:
    """From numbers to pixels, and the ticks between the ends."""

    low: float  # of a logarithmic axis, powers of ten
    high: float
    start: float
    stop: float
    log: bool = False
    whole: bool = False

    @classmethod
    def of(cls, values: Sequence[Floats], axis: Axis, start: float, stop: float) -> "Scale":
        """For all of the values, with a little room."""
        log = axis.log
        all_of_them = np.concatenate([np.log10(v) if log else v for v in values])
        low, high = float(all_of_them.min()), float(all_of_them.max())
        room = (high - low) * 0.04 or (0.0 if log else abs(high) * 0.1) or 1.0
        floor_of_all = 0.0 if low >= 0 and not log else -inf
        if start > stop:  # upwards, a line on the edge would be half hidden
            low, high = max(low - room, floor_of_all), high + room
        if log:
            low = max(low, log10(LEAST))
        high = high if high > low else low + room
        return cls(low, high, start, stop, log, axis.whole)

    def __call__(self, values: Floats) -> Floats:
        """Their places in pixels."""
        values = np.log10(values) if self.log else values
        pixels: Floats = self.start + (values - self.low) / (self.high - self.low) * (
            self.stop - self.start
        )
        return pixels

    def ticks(self) -> list[tuple[float, str]]:
        """Places in pixels, and their labels."""
        if self.log:
            marks = log_ticks(10.0**self.low, 10.0**self.high, MOST_TICKS)
        else:
            marks = ticks(self.low, self.high, MOST_TICKS, whole=self.whole)
        places = self(np.array([mark.value for mark in marks])).tolist()
        return [(place, mark.label) for place, mark in zip(places, marks, strict=True)]


def _finite(line: Curve, x: Axis, y: Axis) -> Curve:
    good = np.isfinite(line.x) & np.isfinite(line.y)
    for axis, values in ((x, line.x), (y, line.y)):
        good &= (values >= LEAST if axis.log else True) & (values <= axis.top)
    return Curve(line.label, *thinned(line.x[good], line.y[good], MOST_POINTS), line.faint)


def _grid(across: Scale, up: Scale) -> Iterator[str]:
    for place, label in up.ticks():
        yield (
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{place:.1f}" y2="{place:.1f}"'
            f' stroke="#e3e3e3"/><text x="{LEFT - 6}" y="{place + 4:.1f}"'
            f' text-anchor="end">{label}</text>'
        )
    bottom = HEIGHT - BOTTOM
    for place, label in across.ticks():
        yield (
            f'<line x1="{place:.1f}" x2="{place:.1f}" y1="{bottom}" y2="{bottom + 4}"'
            f' stroke="#767676"/><text x="{place:.1f}" y="{bottom + 18}"'
            f' text-anchor="middle">{label}</text>'
        )
    yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}" stroke="#767676"/>'


def _look(line: Curve, named: Sequence[Curve]) -> tuple[str, str]:
    """Colour and dashes; faint curves are grey."""
    if line.faint:
        return "#bdbdbd", ""
    k = named.index(line)
    return series_colour(k), DASHES[k % len(DASHES)]


def _path(line: Curve, look: tuple[str, str], across: Scale, up: Scale) -> str:
    colour, dashes = look
    xs, ys = across(line.x), up(line.y)
    if len(line.x) == 1:
        return f'<circle cx="{xs[0]:.1f}" cy="{ys[0]:.1f}" r="3" fill="{colour}"/>'
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}"'
        f' stroke-width="{1 if line.faint else 2}"{dashed}/>'
    )


def _legend(named: Sequence[Curve]) -> Iterator[str]:
    if len(named) < 2:
        return
    yield '<ul class="keys">'
    for line in named:
        colour, dashes = _look(line, named)
        yield (
            '<li><svg viewBox="0 0 28 8" aria-hidden="true"><line x1="0" x2="28" y1="4" y2="4"'
            f' stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/></svg>'
            f"{escape(line.label)}</li>"
        )
    yield "</ul>"


def _words(lines: Sequence[Curve], title: str) -> str:
    """The chart in a sentence: where each line begins and ends."""
    words = [
        f"{line.label} from {line.y[0]:.3g} to {line.y[-1]:.3g}" for line in lines if not line.faint
    ]
    return f"{title}: {'; '.join(words)}"
