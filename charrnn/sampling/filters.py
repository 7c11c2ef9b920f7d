"""Filters of the next character's distribution: temperature, top-k, top-p, greedy.

A filter changes log-probabilities (R, V), float64, in place; what it excludes becomes -inf. Rows
need not be normalised before or after. Every filter leaves at least one character in every row.
They act in the order of FILTERS, from which also come the options of `charrnn sample`, the
settings of its prompt, and the keyword arguments of a request.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from charrnn.errors import UsageError
from charrnn.nn.arrays import Floats


class Filter(Protocol):
    """A frozen dataclass with one field, the value that a user gives."""

    def __call__(self, log_p: Floats) -> None:
        """Change `log_p` (R, V) in place."""


@dataclass(frozen=True)
class Greedy:
    """Keep the most likely character alone; of equals, the first. False leaves all."""

    value: bool

    def __call__(self, log_p: Floats) -> None:
        if self.value:
            TopK(1)(log_p)


@dataclass(frozen=True)
class Temperature:
    """Divide by the temperature: below 1 safer, above 1 bolder, at 0 greedy.

    The maximum is taken out first, so no temperature overflows.
    """

    value: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.value < float("inf"):
            raise UsageError(f"temperature is {self.value:g}; it must be 0 or more, and finite")

    def __call__(self, log_p: Floats) -> None:
        if self.value == 0.0:
            TopK(1)(log_p)
            return
        np.subtract(log_p, log_p.max(axis=-1, keepdims=True), out=log_p)
        with np.errstate(over="ignore"):
            np.divide(log_p, self.value, out=log_p)


@dataclass(frozen=True)
class TopK:
    """Keep the k most likely (Fan, Lewis and Dauphin 2018); of equal ones the first."""

    value: int

    def __post_init__(self) -> None:
        if self.value < 1:
            raise UsageError(f"top-k is {self.value}; it must be 1 or more")

    def __call__(self, log_p: Floats) -> None:
        out = _ranking(log_p)[:, self.value :]
        np.put_along_axis(log_p, out, -np.inf, axis=-1)


@dataclass(frozen=True)
class TopP:
    """Keep the smallest set whose total probability reaches p (Holtzman et al. 2020)."""

    value: float

    def __post_init__(self) -> None:
        if not 0.0 < self.value <= 1.0:
            raise UsageError(f"top-p is {self.value:g}; it must be above 0 and at most 1")

    def __call__(self, log_p: Floats) -> None:
        ranking = _ranking(log_p)
        p = probabilities(np.take_along_axis(log_p, ranking, axis=-1))
        before = np.cumsum(p, axis=-1) - p
        excluded = before >= self.value
        excluded[:, 0] = False
        rows, ranks = np.nonzero(excluded)
        log_p[rows, ranking[rows, ranks]] = -np.inf


@dataclass(frozen=True)
class FilterSpec:
    """A filter of the table: its class, and the option, setting and help that a user sees."""

    make: Callable[[Any], Filter]
    kind: type[bool] | type[int] | type[float]  # of the value; bool is a switch
    metavar: str  # the value in a help text: --top-k K
    sign: str  # the short name at a prompt: :k 40
    example: str
    help: str
    neutral: Any = None  # the value that changes nothing, with which no filter is made


FILTERS = {
    "greedy": FilterSpec(
        Greedy, bool, "", "greedy", "on", "Always take the most likely character.", neutral=False
    ),
    "temperature": FilterSpec(
        *(Temperature, float, "X", "t", "0.8"),
        "Divide the log-probabilities by X: below 1 safer, above 1 bolder, 0 greedy.",
        neutral=1.0,
    ),
    "top_k": FilterSpec(TopK, int, "K", "k", "40", "Sample from the K most likely characters."),
    "top_p": FilterSpec(
        *(TopP, float, "P", "p", "0.9"),
        "Sample from the smallest set of characters with total probability P (nucleus).",
    ),
}


def probabilities(log_p: Floats) -> Floats:
    """exp(log_p), each row divided by its sum."""
    p: Floats = np.exp(log_p - log_p.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return p


def _ranking(log_p: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.intp]]:
    """The characters of each row, most likely first, equals in their order."""
    ranking: np.ndarray[tuple[int, int], np.dtype[np.intp]] = np.argsort(-log_p, kind="stable")
    return ranking
