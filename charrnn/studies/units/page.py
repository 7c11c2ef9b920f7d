"""The page of a network's units: a text in the colours of one, and the saturation of all."""

from base64 import b64encode
from html import escape
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from charrnn.config import build
from charrnn.draw.colours import BLUE_TO_RED, palette, to_css
from charrnn.draw.page import page
from charrnn.draw.parts import table_html
from charrnn.nn.cells.base import meaning_of
from charrnn.studies.units.maths import Range, ends_of, range_of, values_of
from charrnn.studies.units.peaks import coded, peaks
from charrnn.studies.units.signals import SIGNALS
from charrnn.studies.units.tables import found_table
from charrnn.studies.units.watched import APART, UnitName, recorded
from charrnn.terminal import one_line
from charrnn.text.symbols import visible
from charrnn.text.vocab import REPLACEMENT

if TYPE_CHECKING:
    from charrnn.nn.arrays import Floats, Ids
    from charrnn.studies.units.maths import Value
    from charrnn.studies.units.saturation import Distribution
    from charrnn.studies.units.study import FoundUnit, UnitSurvey
    from charrnn.studies.units.watched import Watched

BUDGET = 12_000_000  # bytes of values in a page, which base64 makes a third more
PEAKS = 6

BODY = """\
<p class="soft">{about}</p>
<div class="controls">
<label>Layer <select id="layer"></select></label>
<label>Unit <select id="unit"></select></label>
<label>Value <select id="what"></select></label>
<div class="legend"><span id="low"></span><span class="ramp" id="ramp"></span>
<span id="high"></span> <span class="soft">(white: <span id="middle"></span>)</span></div>
</div>
<p class="said" id="said" role="status"></p>
<div class="units">
<section>
<div class="text scroll" id="text" aria-label="the text, coloured by the unit"></div>
<h2>Where it is highest in this text</h2>
<div id="highest"></div>
<h2>Where it is lowest in this text</h2>
<div id="lowest"></div>
</section>
<section>
{found}<h2>Its values in this text</h2>
<svg id="histogram" viewBox="0 0 420 172" width="420" role="img"
 aria-label="histogram of the unit's values"></svg>
<p class="soft" id="tallest"></p>
</section>
</div>
<h2>Saturation</h2>
<p class="soft">How often the units of this layer are at either end of their range. Each dot is a
unit: units that are mostly low are at the right, units that are mostly high at the top. Click a dot
to choose its unit.</p>
<div class="plots" id="plots"></div>
<details id="all"><summary>All units of this layer as a table</summary>
<div class="scroll" tabindex="0" role="region" aria-label="all units of this layer">
<table><caption id="listed"></caption>
<thead><tr><th scope="col">unit</th><th scope="col" class="number">low</th>
<th scope="col" class="number">high</th><th scope="col" class="number">deviation</th></tr></thead>
<tbody id="rows"></tbody></table></div></details>
"""


def units_page(
    watched: "Watched", survey: "UnitSurvey", *, chars: int, first: UnitName | None
) -> str:
    """The page of the first `chars` characters, which opens at the unit `first`.

    If that is None, it opens at the unit with the largest held-out correlation, or else at the most
    variable one. Where there is no room for all units (BUDGET), it holds the units that were found,
    then the most variable; layers that were not surveyed are left out.
    """
    first = first or survey.surest
    shown = watched.first(chars)
    values, kept = values_of(watched.trained.model), _kept(shown, survey, first)
    wanted: dict[Value, Ids | None] = {
        value: np.array([unit for layer, unit in kept if layer == value.layer], np.intp)
        for value in values
    }
    numbers = recorded(shown, wanted)
    cells = watched.trained.model.cells
    ranges = {name: range_of(cells[0], name) for name in watched.names(0)}
    data = {
        "ramp": [to_css(colour) for colour in palette(BLUE_TO_RED)],
        "meanings": {name: meaning_of(cells[0], name) for name in watched.names(0)},
        "ranges": {
            name: list(bounds) if isfinite(bounds[0]) else None for name, bounds in ranges.items()
        },
        "layers": [watched.names(layer) for layer in range(len(cells))],
        "text": shown.ids.tolist(),
        "shown": _shown(watched),
        "saturation": [
            {one.value.name: _shares(one) for one in survey.distributions if one.value.layer == k}
            for k in range(len(cells))
        ],
        "found": [_values_of_found(one) for one in survey.found],
        "kept": [
            {
                "layer": layer,
                "unit": unit,
                "values": {v.name: packed_values(x, ranges[v.name]) for v, x in of_unit.items()},
                "peaks": {v.name: _peaks(x) for v, x in of_unit.items()},
            }
            for layer, unit in kept
            for of_unit in [_of_unit(numbers, wanted, layer, unit)]
        ],
        "first": list(first),
    }
    body = BODY.format(about=_about(watched, shown, len(kept)), found=_found_in_html(survey.found))
    return page(
        "Units of a network",
        body,
        data=data,
        scripts=("draw/text.js", "studies/units/units.js"),
        styles=("studies/units/units.css",),
    )


def _kept(shown: "Watched", survey: "UnitSurvey", first: UnitName) -> list[tuple[int, int]]:
    """The layers and units that a page has room for, in order."""
    room = max(1, BUDGET // (len(shown.names(0)) * len(shown.ids)))
    wanted = [first, *(one.unit for one in survey.found), *survey.liveliest()]
    chosen = dict.fromkeys((name.layer, name.unit) for name in wanted)
    return sorted(list(chosen)[:room])


def _of_unit(
    numbers: "dict[Value, Floats]", wanted: "dict[Value, Ids | None]", layer: int, unit: int
) -> "dict[Value, Floats]":
    """All values of one unit, (T,) each."""
    found = {}
    for value, units in wanted.items():
        if value.layer == layer and units is not None:
            found[value] = numbers[value][:, int(np.searchsorted(units, unit))]
    return found


def packed_values(values: "Floats", bounds: Range) -> dict[str, Any]:
    low, high, codes = coded(values)
    ends = [float(f"{end:.7g}") for end in ends_of(bounds, values)]  # a unit may be tiny
    return {"low": low, "high": high, "ends": ends, "base64": b64encode(codes).decode("ascii")}


def _peaks(values: "Floats") -> list[list[int]]:
    """Where they are highest, and lowest."""
    return [peaks(signed, PEAKS, APART).tolist() for signed in (values, -values)]


def _shares(one: "Distribution") -> dict[str, Any]:
    bounded = isfinite(one.range[0])
    return {
        "left": one.left.round(4).tolist() if bounded else None,
        "right": one.right.round(4).tolist() if bounded else None,
        "deviation": one.deviations.round(4).tolist(),
    }


def _values_of_found(one: "FoundUnit") -> dict[str, Any]:
    return {
        "layer": one.unit.layer,
        "unit": one.unit.unit,
        "what": one.unit.what,
        "meaning": SIGNALS[one.signal].meaning,
        "held_out": one.held_out,
    }


def _shown(watched: "Watched") -> list[str]:
    """A visible form of each symbol of the vocabulary, in the order of the ids."""
    vocabulary = watched.trained.vocabulary
    return [visible(symbol, vocabulary.level) for symbol in vocabulary.symbols] + [REPLACEMENT]


def _about(watched: "Watched", shown: "Watched", kept: int) -> str:
    cells = watched.trained.model.cells
    units = sum(cell.hidden_size for cell in cells)
    network = build.network_in_words(watched.trained.config)
    words = [
        f"Each character has the colour of one unit's value when"
        f" {escape(one_line(str(watched.trained.path)))} ({network}) has read it: blue is low, red"
        " is high. Point at a character for the number.",
    ]
    read, total = len(watched.ids), watched.total
    if len(shown.ids) < total:
        cut = f" of {total:,}" if read == total else f" of the {read:,} read, of {total:,},"
        words.append(
            f"Shown are the first {len(shown.ids):,}{cut} characters; saturation and the units that"
            " were found are of all characters read."
        )
    if kept < units:
        words.append(
            f"This page holds {kept:,} of {units:,} units: those found, then the most variable."
        )
    return " ".join(words)


def _found_in_html(found: "tuple[FoundUnit, ...]") -> str:
    """The units that were found, a row each, which choose one."""
    if not found:
        return ""
    return (
        f"<h2>Units and signals</h2>\n{table_html(found_table(found), kind='found', buttons=True)}"
    )
