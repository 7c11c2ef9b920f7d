"""The curves of runs as a picture: losses, and below them learning rate, gradients, clipping."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from charrnn.draw.axis import ticks
from charrnn.draw.colours import BLACK, BLUE, GREEN, SERIES, VERMILLION, series_colour, to_css
from charrnn.draw.figure import legible, pictures
from charrnn.studies.curves.panels import Panel, Sheet, Trace

HEIGHTS = {"loss": 4.5, "rate": 1.5, "gradient": 2.0, "clipped": 1.5}  # inches
FEW = 40  # points that get a dot each
MOST_TICKS = 8  # intervals of the x axis
PLAIN: dict[str, dict[str, Any]] = {
    "raw": {"linewidth": 0.6, "alpha": 0.3, "rasterized": True, "zorder": 1.0},
    "train": {"linewidth": 1.2},
    "validation": {"linewidth": 2.0},
    "test": {"marker": "D", "markersize": 7.0, "linestyle": "none", "markeredgecolor": "white"},
    "limit": {"linewidth": 1.0, "linestyle": ":"},
    "mark": {"linewidth": 0.8, "linestyle": "-.", "color": "0.3", "zorder": 0.5},
}
WORDS = {
    "raw": "training, single chunks",
    "train": "training, smoothed",
    "validation": "validation",
    "test": "test",
    "limit": "clipped to this norm",
    "mark": "not finite",
}


def draw_curves(sheet: Sheet, path: str) -> None:
    """Draw a sheet into `path`. Raises UsageError where it cannot be written."""
    several = len({one.colour for one in sheet.shown}) > 1
    with pictures(path, [HEIGHTS[panel.kind] for panel in sheet.panels]) as rows:
        for k, (axes, panel) in enumerate(zip(rows, sheet.panels, strict=True)):
            for line in panel.lines:
                _draw(axes, line, several)
            _furnish(axes, panel)
            keys = [*_parts(axes, panel, several)]
            if several and panel.kind == "loss" and len(keys) == 1:
                ((_, word),) = keys  # no key is needed for what all lines are
                axes.set_ylabel(f"{word} {panel.unit}")
                keys = []
            runs = [*_runs(axes, sheet)] if several and k == 0 else []
            if legend := [*runs, *keys]:
                handles, words = zip(*legend, strict=True)
                axes.legend(handles, words)
        if not several:
            rows[0].set_title(legible(sheet.shown[0].name))
        rows[-1].set_xlabel(sheet.unit)
        left, right = rows[-1].get_xlim()
        marks = ticks(left, right, MOST_TICKS, whole=sheet.whole)
        rows[-1].set_xticks([mark.value for mark in marks], [mark.label for mark in marks])


def _draw(axes: Any, line: Trace, several: bool) -> None:
    if line.part == "mark":
        axes.axvline(line.x[0], **PLAIN["mark"])
        return
    look = {"color": _colour(line, several), **PLAIN[line.part]}
    if several and line.part == "train":
        look["alpha"] = 0.5
    if line.part == "validation" and line.x.size <= FEW:
        look |= {"marker": "o", "markersize": 4.0}
    if line.part in ("train", "validation") and (line.colour or 0) >= len(SERIES):
        look["linestyle"] = "--"  # the colours begin again
    axes.plot(line.x, line.y, **look)


def _colour(line: Trace, several: bool) -> str:
    """One colour per run; where there is one run, one per part."""
    if several:
        return series_colour(line.colour or 0)
    return to_css({"validation": VERMILLION, "test": GREEN, "limit": BLACK}.get(line.part, BLUE))


def _furnish(axes: Any, panel: Panel) -> None:
    axes.set_ylabel(panel.unit)
    axes.grid(alpha=0.3)
    if panel.kind == "gradient":
        axes.set_yscale("log", subs=(2, 5))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
    if panel.kind == "clipped":
        axes.set_ylim(-0.02, 1.02)
    if panel.top is not None:
        axes.set_ylim(top=panel.top)


def _runs(axes: Any, sheet: Sheet) -> Iterator[tuple[Any, str]]:
    """A handle and a name for each colour, for the legend."""
    for colour, name in {one.colour: one.name for one in sheet.shown}.items():
        style = "-" if colour < len(SERIES) else "--"
        yield _handle(axes, color=series_colour(colour), linestyle=style), legible(name)


def _parts(axes: Any, panel: Panel, several: bool) -> Iterator[tuple[Any, str]]:
    """A handle and a word for each part of a panel that needs one."""
    first = {line.part: line for line in reversed(panel.lines)}
    for part, word in WORDS.items():
        if part in first and (panel.kind == "loss" or part == "limit"):
            color = "0.4" if several else _colour(first[part], several)
            values = first[part].y[np.isfinite(first[part].y)]
            best = f", lowest {values.min():.4f}" if part == "validation" and values.size else ""
            best = f" {values.min():.4f}" if part == "test" else best
            sign = _handle(axes, **{"color": color, **PLAIN[part]})
            yield sign, word + ("" if several else best)


def _handle(axes: Any, **look: Any) -> Any:
    """A line of no points, for the legend."""
    (line,) = axes.plot([], [], **look)
    return line
