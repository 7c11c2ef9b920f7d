"""The curves of runs in a terminal, as dots and letters: the one place that knows plotext."""

from collections.abc import Sequence
from math import ceil, floor, isfinite, log, log10
from typing import Any

import numpy as np

from charrnn.draw.colours import SERIES, Colour
from charrnn.draw.table import Column, Row, Table
from charrnn.errors import UsageError
from charrnn.studies.curves.panels import Panel, Sheet, Shown, Trace, short

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHOWN = SERIES[:-1]  # black would be lost where the terminal is
MANY = 3.0  # powers of ten on an axis
TICK = 12  # columns that a number below the axis wants


def letter(colour: int) -> str:
    """What marks the validation losses of a run, and its line where there are no colours."""
    return LETTERS[colour % len(LETTERS)]


def curves_in_blocks(sheet: Sheet, width: int, height: int, *, coloured: bool) -> str:
    """The sheet as lines of text, `width` columns wide, `height` rows a panel.

    Without colours there is no control character in it. Raises UsageError without plotext.
    """
    try:
        import plotext
    except ImportError:
        raise UsageError(
            "curves in a terminal need plotext: pip install 'charrnn[terminal]';"
            " or draw a picture by --out FILE"
        ) from None
    plotext.terminal.limit(False, False)
    plain = len(sheet.shown) > 1 and not coloured
    drawn = []
    for panel in sheet.panels:
        figure = plotext.figure
        figure.clear()
        figure.theme("colorless")
        figure.plot_size(width, height)
        lines = [seen for line in panel.lines if (seen := _seen(line, panel)) is not None]
        for line in lines:
            marker = plotext.marker(_sign(line, plain=plain), _colour(line))
            signal = figure.signal(line.x.tolist(), line.y.tolist(), marker=marker)
            figure.draw(signal.lines(line.part in ("train", "limit")))
        _furnish(figure, panel, lines, width, height)
        figure.label(sheet.unit)
        drawn.append(figure.build().string(colorless=not coloured))
    return "".join(f"{row.rstrip()}\n" for text in drawn for row in text.splitlines())


def _seen(line: Trace, panel: Panel) -> Trace | None:
    """What of a line is shown, of the training only the smooth one; of gradients the logarithm."""
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


def _furnish(figure: Any, panel: Panel, lines: list[Trace], width: int, height: int) -> None:
    figure.title(panel.unit)
    if not lines:
        return
    x, y = (np.concatenate([getattr(line, axis) for line in lines]) for axis in "xy")
    marks = ticks(float(x.min()), float(x.max()), max(width // TICK, 2))
    figure.ruler(0, 0).ticks(marks, [short(mark) for mark in marks])
    low, high = float(y.min()), float(y.max())
    if panel.kind == "gradient":
        marks = powers(low, high)
        figure.ruler(1, 0).ticks([log10(mark) for mark in marks], [short(mark) for mark in marks])
    else:
        marks = ticks(low, high, max(height // 3, 2))
        figure.ruler(1, 0).ticks(marks, [short(mark) for mark in marks])


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
        told = one.curves
        steps = int(told.along.steps[-1]) if told.along.steps.size else 0
        train = float(told.smoothed[-1]) if told.smoothed.size else None
        losses = [
            loss * unit if loss is not None and isfinite(loss) else None
            for loss in (train, told.best_val, told.test)
        ]
        rows.append((letter(one.colour), one.name, steps, *losses, unit_name))
    return Table(columns, rows)


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` + 1 round numbers (1, 2 or 5 times a power of ten apart), low to high."""
    if not high > low:
        return [low]
    power = 10.0 ** floor(log10((high - low) / most))
    step = next(k * power for k in (1, 2, 5, 10) if (high - low) <= k * power * most)
    numbers = range(ceil(low / step), floor(high / step) + 1)
    return [round(k * step, 12) for k in numbers]


def powers(low: float, high: float) -> list[float]:
    """The powers of ten from 10**low to 10**high; if they are few, 2 and 5 times them as well."""
    factors = (1.0,) if high - low > MANY else (1.0, 2.0, 5.0)
    numbers = [k * 10.0**power for power in range(floor(low), ceil(high) + 1) for k in factors]
    return [number for number in numbers if low <= log10(number) <= high]
