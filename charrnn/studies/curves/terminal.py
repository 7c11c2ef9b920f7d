"""The curves of runs in a terminal, as dots and letters, by plotext."""

from collections.abc import Sequence
from math import isfinite, log, log10
from typing import Any, NamedTuple

import numpy as np

from charrnn.draw.axis import Tick, log_ticks, ticks
from charrnn.draw.colours import SERIES, Colour
from charrnn.draw.table import Column, Row, Table
from charrnn.errors import UsageError
from charrnn.studies.curves.panels import Panel, Sheet, Shown, Trace

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHOWN = SERIES[:-1]  # black would be lost where the terminal is
TICK = 12  # columns for a number below the axis
FEW_LOST = 2  # rows that even ticks may cost
FRAME = 5  # rows of a panel that are no picture: title, frame, numbers, unit


class Ruler(NamedTuple):
    """The ticks of an axis, and its ends; None: those of the lines."""

    ticks: list[Tick]
    limits: tuple[float, float] | None = None


def letter(colour: int) -> str:
    """The mark of the validation losses of a run, and of its line where there are no colours."""
    return LETTERS[colour % len(LETTERS)]


def curves_in_blocks(sheet: Sheet, width: int, height: int, *, coloured: bool) -> str:
    """The sheet as lines of text, `width` columns wide, at most `height` rows per panel.

    Without colours there is no control character in it. Raises UsageError without plotext.
    """
    try:
        import plotext
    except ImportError:
        raise UsageError(
            "curves in a terminal need plotext: pip install 'charrnn[terminal]';"
            " or draw a picture with --out FILE"
        ) from None
    plotext.terminal.limit(False, False)
    plain = len(sheet.shown) > 1 and not coloured
    drawn = []
    for panel in sheet.panels:
        figure = plotext.figure
        figure.clear()
        figure.theme("colorless")
        lines = [seen for line in panel.lines if (seen := _seen(line, panel)) is not None]
        rulers = _axes(panel, lines, sheet, (width, height)) if lines else []
        figure.plot_size(width, _even(height, rulers))
        for line in lines:
            marker = plotext.marker(_sign(line, plain=plain), _colour(line))
            signal = figure.signal(line.x.tolist(), line.y.tolist(), marker=marker)
            figure.draw(signal.lines(line.part in ("train", "limit")))
        _furnish(figure, panel, rulers)
        figure.label(sheet.unit)
        drawn.append(figure.build().string(colorless=not coloured))
    return "".join(f"{row.rstrip()}\n" for text in drawn for row in text.splitlines())


def _even(height: int, rulers: list[Ruler]) -> int:
    """The rows of a panel whose ticks are all equally far apart, at most `height`."""
    if not rulers or rulers[1].limits is None:
        return height
    return height - _lost(height, rulers[1].ticks)


def _lost(height: int, marks: list[Tick]) -> int:
    """The rows of `height` that are too many for ticks equally far apart."""
    return (height - FRAME - 1) % max(1, len(marks) - 1)


def _seen(line: Trace, panel: Panel) -> Trace | None:
    """The visible points of a line, or None: no raw losses; the logarithm of gradient norms."""
    if line.part in ("raw", "mark"):
        return None
    y = line.y
    if panel.kind == "gradient":
        y = np.log10(y, out=np.full_like(y, np.nan), where=y > 0)
    seen = np.isfinite(line.x) & np.isfinite(y)
    if panel.top is not None:
        seen &= y <= panel.top
    return Trace(line.part, line.x[seen], y[seen], line.colour) if seen.any() else None


def _sign(line: Trace, *, plain: bool) -> str:
    """A smooth line in dots of braille or, where runs would look alike, in small letters."""
    mine = letter(line.colour or 0)
    train = mine.lower() if plain else "braille"
    return {"train": train, "validation": mine, "test": "*", "limit": "-"}[line.part]


def _colour(line: Trace) -> Colour:
    return SHOWN[(line.colour or 0) % len(SHOWN)]


def _axes(panel: Panel, lines: list[Trace], sheet: Sheet, size: tuple[int, int]) -> list[Ruler]:
    """The ticks and limits of x and y, for a panel of some columns and rows."""
    width, height = size
    (left, right), (low, high) = (
        (float(values.min()), float(values.max()))
        for values in (np.concatenate([getattr(line, axis) for line in lines]) for axis in "xy")
    )
    across = ticks(left, right, max(width // TICK, 2), whole=sheet.whole)
    if panel.kind == "gradient":
        powers = log_ticks(10.0**low, 10.0**high, height // 2)
        return [Ruler(across), Ruler([Tick(log10(mark.value), mark.label) for mark in powers])]
    choices = [ticks(low, high, most, around=True) for most in range(2, max(height // 3, 2) + 1)]
    up = min(choices, key=lambda marks: (_lost(height, marks) > FEW_LOST, -len(marks)))
    return [Ruler(across), Ruler(up, (up[0].value, up[-1].value))]


def _furnish(figure: Any, panel: Panel, rulers: list[Ruler]) -> None:
    figure.title(panel.unit)
    for k, ruler in enumerate(rulers):
        figure.ruler(k, 0).ticks([x.value for x in ruler.ticks], [x.label for x in ruler.ticks])
        if ruler.limits is not None and ruler.limits[0] < ruler.limits[1]:
            figure.ruler(k, 0).lim(*ruler.limits)


def key_table(shown: "Sequence[Shown]", *, bits: bool) -> Table:
    """The letter of each run, and its latest losses."""
    columns = (
        *(Column(), Column("run"), Column("steps", ",d")),
        *(Column(name, ".4f") for name in ("training", "best validation", "test")),
        Column(),
    )
    unit, unit_name = (1 / log(2), "bits/char") if bits else (1.0, "nats/char")
    rows: list[Row] = []
    for one in shown:
        curves = one.curves
        steps = int(curves.along.steps[-1]) if curves.along.steps.size else 0
        train = float(curves.smoothed[-1]) if curves.smoothed.size else None
        losses = [
            loss * unit if loss is not None and isfinite(loss) else None
            for loss in (train, curves.best_val, curves.test)
        ]
        rows.append((letter(one.colour), one.name, steps, *losses, unit_name))
    return Table(columns, rows)
