"""Surprisal, units and gradients of a run, for its page."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from charrnn.draw.chart import Axis, Curve, line_chart
from charrnn.draw.parts import table_html
from charrnn.studies.gradients.tables import name_of, reach_table
from charrnn.studies.surprisal.tables import symbol_table
from charrnn.studies.units.tables import found_table

if TYPE_CHECKING:
    from charrnn.studies.report.study import Report

LISTED = 20  # rows of the table of symbols


def symbols(report: "Report") -> Iterator[str]:
    """The symbols that cost most."""
    if report.surprisal is None or report.text is None:
        return
    yield "<h2>What it finds hard</h2>"
    title = (
        f"loss by symbol, over {report.text.judged_chars:,} characters of the"
        f" {report.text.judged} part"
    )
    yield table_html(symbol_table(report.surprisal.symbols(), title, LISTED))


def units(report: "Report") -> Iterator[str]:
    """The units that fit a signal of the text, the best ones first."""
    if report.units is None:
        return
    yield "<h2>What its units know</h2>"
    if not report.units.found:
        yield '<p class="soft">The text has none of the signals that the search knows.</p>'
        return
    yield table_html(found_table(sorted(report.units.found, key=lambda one: -abs(one.held_out))))


def gradients(report: "Report") -> Iterator[str]:
    """How far gradients travel back through time."""
    if report.flow is None:
        return
    lags = np.arange(1, report.flow.lags + 1, dtype=np.float64)
    lines = [
        Curve(name_of(one), lags, one.median / (one.median[0] or 1.0))
        for one in report.flow.signals
    ]
    yield "<h2>How far its gradients travel</h2>"
    yield line_chart(
        lines,
        Axis("lag T - t, steps", whole=True),
        Axis("gradient norm (1 at lag 1)", log=True),
        "Gradient norm by lag",
    )
    yield table_html(reach_table(report.flow))
