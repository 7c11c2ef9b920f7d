"""Baselines as rows of a table, for the commands that show them."""

from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charrnn.studies.baselines.study import Baseline

MEANING = {
    "uniform": "a guess among all symbols",
    "unigram": "letter frequencies alone",
    "xz": "the compressor, after the training text",
}


def rows(simpler: "Sequence[Baseline]") -> list[tuple[str, ...]]:
    """A head, and a row for each."""
    head = ("baseline", "nats/char", "bits/char", "")
    return [head, *((one.name, *_figures(one), _meaning(one.name)) for one in simpler)]


def _figures(one: "Baseline") -> tuple[str, str]:
    return f"{one.nats_per_char:.4f}", f"{one.nats_per_char / log(2):.4f}"


def _meaning(name: str) -> str:
    before = name.removeprefix("order ")
    if before == name:
        return MEANING[name]
    seen = int(before) - 1
    return f"the {seen} characters before, Witten-Bell" if seen > 1 else "the character before"
