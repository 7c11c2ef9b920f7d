"""Charts as SVG: lines over a common axis, and in words for those who do not see them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, inf, log10

import numpy as np

from charrnn.draw.colours import series_colour
from charrnn.nn.arrays import Floats, Ids

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 16, 44
LEAST = 1e-300  # on a logarithmic axis: what is less is as good as 0
MOST_POINTS = 800  # of a line: more than there are pixels for
DASHES = ("", "6 3", "2 3", "8 3 2 3")


@dataclass(frozen=True)
class Curve:
    """A curve: x and y (n,), of which what is not finite is left out."""

    label: str
    x: Floats
    y: Floats
    faint: bool = False  # behind the others, without a place in the legend


@dataclass(frozen=True)
class Axis:
    """What is told along an axis, with its unit; `log` for powers of ten.

    What is above `top` is left out.
    """

    label: str
    log: bool = False
    top: float = inf


def line_chart(
    lines: Sequence[Curve], x: Axis, y: Axis, title: str, marks: Sequence[float] = ()
) -> str:
    """An SVG element. Lines are told apart by colour and by dashes. Empty lines are left out.

    `marks` are places on the x axis; each is an upright line of class "mark", in their order, which
    a script may show.
    """
    drawn = [line for line in (_finite(one, x, y) for one in lines) if len(line.x)]
    if not drawn:
        return f"<p class='soft'>{escape(title)}: nothing to draw yet.</p>"
    across = Scale.of([line.x for line in drawn], x.log, LEFT, WIDTH - RIGHT)
    up = Scale.of([line.y for line in drawn], y.log, HEIGHT - BOTTOM, TOP)
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
    """From numbers to pixels, and the round numbers between the ends."""

    low: float
    high: float
    log: bool
    start: float
    stop: float

    @classmethod
    def of(cls, values: Sequence[Floats], log: bool, start: float, stop: float) -> "Scale":
        """For all of the values, with a little room."""
        all_of_them = np.concatenate([np.log10(v) if log else v for v in values])
        low, high = float(all_of_them.min()), float(all_of_them.max())
        room = (high - low) * 0.04 or (0.0 if log else abs(high) * 0.1) or 1.0
        floor_of_all = 0.0 if low >= 0 and not log else -inf
        if start > stop:  # upwards, a line on the edge would be half hidden
            low, high = max(low - room, floor_of_all), high + room
        if log:
            low = max(low, log10(LEAST))
        return cls(low, high if high > low else low + room, log, start, stop)

    def __call__(self, values: Floats) -> Floats:
        """Where they are, in pixels."""
        values = np.log10(values) if self.log else values
        pixels: Floats = self.start + (values - self.low) / (self.high - self.low) * (
            self.stop - self.start
        )
        return pixels

    def ticks(self) -> list[tuple[float, str]]:
        """Places in pixels, with what is written there."""
        powers = [(value, value) for value in self._powers()] if self.log else []
        ticks = powers if len(powers) > 1 else [*self._multiples()]
        places = self(np.array([value for value, _ in ticks]))
        return [(float(p), _number(*tick)) for p, tick in zip(places, ticks, strict=True)]

    def _multiples(self) -> Iterator[tuple[float, float]]:
        """Of a round step, with it."""
        low, high = (10.0**self.low, 10.0**self.high) if self.log else (self.low, self.high)
        step = _round_step((high - low) / 6)
        for k in range(ceil(low / step), floor(high / step) + 1):
            yield k * step, step

    def _powers(self) -> Iterator[float]:
        """Of ten; where they are few, twice and five times them too."""
        few = self.high - self.low < 2
        every = max(1, ceil((self.high - self.low) / 6))
        for power in range(floor(self.low), floor(self.high) + 1):
            for factor in (1, 2, 5) if few else (1,):
                inside = self.low <= power + log10(factor) <= self.high
                if inside and power % every == 0:
                    yield factor * 10.0**power


def _finite(line: Curve, x: Axis, y: Axis) -> Curve:
    good = np.isfinite(line.x) & np.isfinite(line.y)
    for axis, values in ((x, line.x), (y, line.y)):
        good &= (values >= LEAST if axis.log else True) & (values <= axis.top)
    kept = _thinned(np.flatnonzero(good), line.y)
    return Curve(line.label, line.x[kept], line.y[kept], line.faint)


def _thinned(places: Ids, y: Floats) -> Ids:
    """So many of the places that the line through them looks the same: ends, highest, lowest."""
    if len(places) <= MOST_POINTS:
        return places
    kept = [places[[0, -1]]]
    for some in np.array_split(places, MOST_POINTS // 2 - 1):
        kept.append(some[[np.argmin(y[some]), np.argmax(y[some])]])
    return np.unique(np.concatenate(kept))


def _round_step(about: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten that is not below."""
    power = 10.0 ** floor(log10(about))
    return next(k * power for k in (1, 2, 5, 10) if k * power >= about * (1 - 1e-9))


def _number(value: float, step: float) -> str:
    """In as many digits as tell it from its neighbours, a `step` away."""
    decimals = max(0, -floor(log10(step)))
    if value == 0:
        return "0"
    if decimals > 4:
        return f"{value:.{max(0, floor(log10(abs(value))) + decimals)}e}"
    for size, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= max(size, 1e4):
            return f"{value / size:.10g}{name}"
    return f"{value:.{decimals}f}"


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
    """A colour and dashes; those that stay behind are grey."""
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
    told = [
        f"{line.label} from {line.y[0]:.3g} to {line.y[-1]:.3g}" for line in lines if not line.faint
    ]
    return f"{title}: {'; '.join(told)}"
