"""Tables of units: those that were found, and how the values of all are distributed."""

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from charrnn.draw.table import Column, Table
from charrnn.studies.units.saturation import thresholds

if TYPE_CHECKING:
    from charrnn.nn.arrays import Floats
    from charrnn.studies.units.saturation import Distribution
    from charrnn.studies.units.study import FoundUnit

BARS = " ▁▂▃▄▅▆▇█"


def found_table(found: "Sequence[FoundUnit]") -> Table:
    """The best unit for each signal of the text."""
    columns = (
        Column("signal", key="signal"),
        *(Column(key=key, shown=False) for key in ("layer", "unit", "what")),
        Column("unit"),
        Column("chosen", "+.3f", "correlation"),
        Column("held out", "+.3f", "held_out"),
        Column("p", ".3f", "p"),
    )
    rows = [
        (one.signal, *one.unit, str(one.unit), one.correlation, one.held_out, one.p)
        for one in found
    ]
    note = (
        "The unit with the largest correlation with each signal: chosen on the first half of the"
        " text, held out on the other half. p: share of randomly shifted signals that some unit"
        " fits at least as well."
    )
    return Table(columns, rows, "best unit for each signal", note)


def distribution_table(distributions: "Sequence[Distribution]") -> Table:
    """The values of each layer, over all its units."""
    columns = (
        Column("layer", "d"),
        Column("value"),
        Column("low", ".1%"),
        Column("high", ".1%"),
        Column("deviation", ".3f"),
        Column("distribution"),
    )
    rows = [
        (
            *(one.value.layer, one.value.name, _share(one.left), _share(one.right)),
            *(float(one.deviations.mean()), _bars(one)),
        )
        for one in distributions
    ]
    note = "low, high: share of characters at which a unit is saturated, mean over all units: "
    return Table(columns, rows, note=note + _saturated(distributions))


def _saturated(distributions: "Sequence[Distribution]") -> str:
    """The thresholds of saturation, by the range of each value that has bounds."""
    ranges = {one.value.name: one.range for one in distributions if isfinite(one.range[0])}
    names = {bounds: [k for k, b in ranges.items() if b == bounds] for bounds in ranges.values()}
    limits = {bounds: thresholds(bounds) for bounds in names}
    return "; ".join(
        f"{', '.join(names[bounds])} below {low:g} and above {high:g}"
        for bounds, (low, high) in limits.items()
    )


def _share(shares: "Floats") -> float | None:
    """The mean share; None for values without bounds."""
    return None if np.isnan(shares).any() else float(shares.mean())


def _bars(one: "Distribution") -> str:
    """The histogram as a bar of one character per bin, between its edges."""
    heights = np.ceil(one.histogram / one.histogram.max() * (len(BARS) - 1)).astype(int)
    bars = "".join(BARS[k] for k in heights.tolist())
    return f"{one.edges[0]:g} {bars} {one.edges[-1]:g}"
