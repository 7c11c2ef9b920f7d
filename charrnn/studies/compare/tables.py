"""The table of a comparison: one row per variant, the best one first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from charrnn.draw.table import Column, Row, Table

if TYPE_CHECKING:
    from charrnn.studies.compare.outcomes import Summary

SIZES = {"parameters": "parameters", "chars_per_second": "chars/s", "steps": "steps"}
LOSSES = {"val_loss": "validation", "test_loss": "test"}


def summary_table(summaries: "Sequence[Summary]") -> Table:
    """Means over the seeds, and the spread of the losses; an error where all seeds failed."""
    columns = (
        Column("variant"),
        *(Column(name, ",.0f") for name in SIZES.values()),
        *(Column(name, ".4f") for name in LOSSES.values()),
        Column("gradient norm", ".3f"),
        Column(),
    )
    return Table(columns, [_row(one) for one in summaries])


def _row(one: "Summary") -> Row:
    failure = "" if one.good else f"failed: {one.outcomes[0].error}"
    return (
        one.label,
        *(one.mean(name) for name in SIZES),
        *(_with_spread(one, name) for name in LOSSES),
        one.mean("grad_norm"),
        failure,
    )


def _with_spread(one: "Summary", name: str) -> float | str | None:
    mean, spread = one.mean(name), one.spread(name)
    return mean if mean is None or spread is None else f"{mean:.4f} +- {spread:.4f}"
