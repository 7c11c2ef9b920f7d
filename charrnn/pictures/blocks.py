"""The curves of runs in a terminal, as dots and letters: the one place that knows plotext."""

from math import ceil, floor, log10
from typing import Any

import numpy as np

from charrnn.errors import UsageError
from charrnn.pictures.figure import COLOURS
from charrnn.pictures.panels import Line, Panel, Sheet, short

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHOWN = COLOURS[:-1]  # black would be lost where the terminal is
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
        lines = [seen for line in panel.lines if (seen := _seen(line, panel.top)) is not None]
        for line in lines:
            marker = plotext.marker(_sign(line, plain=plain), _colour(line))
            signal = figure.signal(line.x.tolist(), line.y.tolist(), marker=marker)
            figure.draw(signal.lines(line.part in ("train", "limit")))
        _furnish(figure, panel, lines, width, height)
        figure.label(sheet.unit)
        drawn.append(figure.build().string(colorless=not coloured))
    return "".join(f"{row.rstrip()}\n" for text in drawn for row in text.splitlines())


def _seen(line: Line, top: float | None) -> Line | None:
    """What of a line is shown: of the training, only the smooth one."""
    if line.part in ("raw", "mark"):
        return None
    seen = np.isfinite(line.x) & np.isfinite(line.y)
    if top is not None:
        seen &= line.y <= top
    return Line(line.part, line.x[seen], line.y[seen], line.colour) if seen.any() else None


def _sign(line: Line, *, plain: bool) -> str:
    """A smooth line in dots of braille or, where runs would look alike, in small letters."""
    mine = letter(line.colour or 0)
    train = mine.lower() if plain else "braille"
    return {"train": train, "validation": mine, "test": "*", "limit": "-"}[line.part]


def _colour(line: Line) -> tuple[int, ...]:
    code = SHOWN[(line.colour or 0) % len(SHOWN)]
    return tuple(int(code[k : k + 2], 16) for k in (1, 3, 5))


def _furnish(figure: Any, panel: Panel, lines: list[Line], width: int, height: int) -> None:
    figure.title(panel.unit)
    for axis, room in ((0, width // TICK), (1, height // 3)):
        values = np.concatenate([(line.x, line.y)[axis] for line in lines])
        marks = ticks(float(values.min()), float(values.max()), max(room, 2))
        figure.ruler(axis, 0).ticks(marks, [short(mark) for mark in marks])


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` + 1 round numbers (1, 2 or 5 times a power of ten apart), low to high."""
    if not high > low:
        return [low]
    power = 10.0 ** floor(log10((high - low) / most))
    step = next(k * power for k in (1, 2, 5, 10) if (high - low) <= k * power * most)
    numbers = range(ceil(low / step), floor(high / step) + 1)
    return [round(k * step, 12) for k in numbers]
