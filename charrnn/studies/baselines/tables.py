"""The table of baselines, for every command and page that shows them."""

from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING

from charrnn.draw.table import Column, Table

if TYPE_CHECKING:
    from charrnn.studies.baselines.study import Baseline

MEANING = {
    "uniform": "all symbols equally likely",
    "unigram": "symbol frequencies alone",
    "xz": "the compressor xz, after the training text",
}


def baseline_table(
    baselines: "Sequence[Baseline]", title: str = "", model: float | None = None
) -> Table:
    """A row for each baseline; with the loss of a `model`, it is among them, the best one last."""
    columns = (
        Column("baseline" if model is None else "predicted by"),
        Column("nats/char", ".4f"),
        Column("bits/char", ".4f"),
        Column(),
    )
    rows = [(one.name, one.nats_per_char, _meaning(one.name)) for one in baselines]
    if model is not None:
        rows = sorted([*rows, ("this model", model, "")], key=lambda row: -row[1])
    return Table(columns, [(name, x, x / log(2), words) for name, x, words in rows], title)


def _meaning(name: str) -> str:
    before = name.removeprefix("order ")
    if before == name:
        return MEANING[name]
    seen = int(before) - 1
    return f"the {seen} characters before, Witten-Bell" if seen > 1 else "the character before"
