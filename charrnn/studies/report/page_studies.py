"""What can be seen in the weights of a run, for its page."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from charrnn.draw.chart import Axis, Curve, line_chart
from charrnn.draw.parts import Column, Row, table

if TYPE_CHECKING:
    from charrnn.studies.report.study import Report

LISTED = 20  # symbols in a table
SHARES = (0.5, 0.1, 0.01)


def symbols(found: "Report") -> Iterator[str]:
    """Which symbols cost how much."""
    if found.surprisal is None or found.text is None:
        return
    yield "<h2>What it finds hard</h2>"
    listed = found.surprisal.symbols()[:LISTED]
    yield table(
        f"loss by symbol, over {found.text.judged_chars:,} characters of the"
        f" {found.text.judged} part",
        [Column("symbol", number=False), Column("count"), Column("bits"), Column("share of loss")],
        [Row((s.name, f"{s.count:,}", f"{s.bits:.2f}", f"{s.share:.1%}")) for s in listed],
    )


def units(found: "Report") -> Iterator[str]:
    """The units that go with something."""
    if found.units is None:
        return
    yield "<h2>What its units know</h2>"
    if not found.units.found:
        yield '<p class="soft">The text has none of the signals that are looked for.</p>'
        return
    yield table(
        "the unit that goes best with each signal: its correlation in the half of the text where"
        " it was chosen, and in the other half; p counts the choice among all units",
        [Column("signal", number=False), Column("unit", number=False), Column("correlation"),
         Column("held out"), Column("p")],
        [
            Row((one.signal, str(one.unit), f"{one.correlation:+.2f}", f"{one.held_out:+.2f}",
                 f"{one.p:.3f}"))
            for one in sorted(found.units.found, key=lambda one: -abs(one.held_out))
        ],
    )  # fmt: skip


def gradients(found: "Report") -> Iterator[str]:
    """How far errors travel."""
    if found.flow is None:
        return
    lags = np.arange(1, found.flow.lags + 1, dtype=np.float64)
    lines = [
        Curve(f"layer {one.layer}, {one.state}", lags, one.median / (one.median[0] or 1.0))
        for one in found.flow.signals
    ]
    yield "<h2>How far its gradients travel</h2>"
    yield line_chart(
        lines,
        Axis("lag T - t, steps"),
        Axis("median |dL_T/dh_t|, lag 1 = 1", log=True),
        "Gradient norm by lag",
    )
    yield table(
        f"the lag, up to {found.flow.lags}, at which so much of it is left; the median of"
        f" {found.flow.positions} positions",
        [Column("state", number=False), *(Column(f"{share:g}") for share in SHARES)],
        [
            Row((f"layer {one.layer}, {one.state}", *(_lag(one.reach(s)) for s in SHARES)))
            for one in found.flow.signals
        ],
    )


def _lag(lag: int | None) -> str:
    return "beyond" if lag is None else str(lag)
