"""Grids of test cases: every pair of values, or every combination with CHARRNN_TESTS=full."""

import os
from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import hypothesis
import pytest

FULL = os.environ.get("CHARRNN_TESTS") == "full"


def pairwise_cases(*axes: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Combinations in which any two values of two axes meet at least once.

    Nearly all faults that depend on options depend on one or two of them (Kuhn, Wallace and
    Gallo, 2004). Greedy: each combination is the one that adds most pairs, the first among equals.
    """
    rows = list(product(*(range(len(axis)) for axis in axes)))
    pairs = {row: set(combinations(enumerate(row), min(2, len(axes)))) for row in rows}
    missing, chosen = set().union(*pairs.values()), []
    while missing:
        best = max(rows, key=lambda row: len(missing & pairs[row]))
        missing -= pairs[best]
        chosen.append(tuple(axis[k] for axis, k in zip(axes, best, strict=True)))
    return chosen


def each_pair(names: str, *axes: Sequence[Any]) -> pytest.MarkDecorator:
    """Parametrise by pairwise cases of the arguments `names`; by their product in a full run."""
    cases = list(product(*axes)) if FULL else pairwise_cases(*axes)
    return pytest.mark.parametrize(names, cases)


def thinned(everything: Sequence[Any], enough: Sequence[Any]) -> Sequence[Any]:
    """The cases that are enough for every day; everything in a full run."""
    return everything if FULL else enough


def examples(n: int) -> hypothesis.settings:
    """Settings of a hypothesis test: `n` examples in a full run, a quarter of them every day."""
    return hypothesis.settings(max_examples=n if FULL else max(10, n // 4))
