"""The search for units that fit a signal of the text, and how certain each fit is.

For each signal the unit with the largest correlation is chosen on the first part of the text, and
evaluated on the rest, which did not influence the choice.

Among thousands of units some fit anything, and both a unit and a signal change slowly, so the
usual tests of a correlation, which count characters as independent, would call all of it certain.
Here the signal is shifted, circularly and by random distances, over the same units: it keeps its
own rhythm, and loses its place in the text. p is the share of shifts, the one of 0 among them,
under which the best unit correlates at least as strongly as in the unshifted text (the largest
statistic of many: Westfall and Young 1993). So it holds for the search, not for one unit alone; a
small p says that the units follow this very text.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Bools, Floats, Ids
from charrnn.nn.read import STEPS
from charrnn.nn.rng import stream
from charrnn.studies.units.maths import Activations, Value
from charrnn.text.tracks import TOGETHER

FIRST_PART = 0.5  # of the text, on which units are chosen
SHIFTS = 199
LEAST_DEVIATION = 1e-5  # of a unit that does something, as a share of its mean


@dataclass(frozen=True)
class Match:
    """The unit that goes best with a signal."""

    signal: int  # which of them
    value: Value
    unit: int
    correlation: float  # on the part where it was chosen
    held_out: float  # the same unit's, with its sign, on the rest of the text
    p: float


class UnitSearch:
    """The sums over a text that find the best units, of `widths` (H per value).

    `signals` is (K, T). Give it all activations by `add`; then read `matches`.
    """

    def __init__(
        self,
        signals: Floats,
        widths: Mapping[Value, int],
        *,
        shifts: int = SHIFTS,
        seed: int = 0,
    ) -> None:
        T = signals.shape[1]
        self.first = int(T * FIRST_PART)
        parts = signals[:, : self.first], signals[:, self.first :]
        self.used = np.flatnonzero(np.all([_varies(part) for part in parts], axis=0))
        self.parts = tuple(_centred(part[self.used]) for part in parts)
        random = stream(seed, "units.shifts").integers(max(self.first, 1), size=shifts)
        self.offsets = np.append(0, random)
        self.widths = widths
        U, columns = sum(widths.values()), len(self.used)
        self.origin: Floats = np.zeros(0)  # (U,), about the means: sums of small numbers are exact
        self.products = [np.zeros((U, columns * len(self.offsets))), np.zeros((U, columns))]
        self.sums, self.squares = np.zeros((2, U)), np.zeros((2, U))

    def add(self, some: Activations) -> None:
        """Take in the values of a part of the text."""
        if not len(self.used):
            return
        x = np.concatenate([some.of(value) for value in self.widths], axis=1)
        if not self.origin.size:
            self.origin = x.mean(axis=0)
        np.subtract(x, self.origin, out=x)
        late = some.at >= self.first
        for k, chosen in enumerate((~late, late)):
            rows, at = x[chosen], some.at[chosen]
            signals = self._at(k, at - k * self.first)
            for block in self._blocks():
                self.products[k][block] += rows[:, block].T @ signals
            self.sums[k] += rows.sum(axis=0, dtype=np.float64)
            self.squares[k] += np.einsum("nu,nu->u", rows, rows, dtype=np.float64)

    def matches(self) -> list[Match]:
        """The best unit of each signal that is not constant, in the order of the signals."""
        if not len(self.used):
            return []
        best = np.zeros((len(self.offsets), len(self.used)))
        of_blocks, held_out_of_blocks = [], []
        for block in self._blocks():
            fitted = self._correlations(0, block)
            np.maximum(best, np.abs(fitted).max(axis=0), out=best)
            of_blocks.append(fitted[:, 0].copy())  # not a view: the shifts may go
            held_out_of_blocks.append(self._correlations(1, block)[:, 0])
        in_truth, held_out = np.concatenate(of_blocks), np.concatenate(held_out_of_blocks)
        p = (best >= best[0]).mean(axis=0)
        units = np.abs(in_truth).argmax(axis=0)
        return [
            Match(
                int(signal),
                *self._unit(int(unit)),
                correlation=float(in_truth[unit, k]),
                held_out=float(held_out[unit, k]),
                p=float(p[k]),
            )
            for k, (signal, unit) in enumerate(zip(self.used, units, strict=True))
        ]

    def _blocks(self) -> list[slice]:
        """The units of each value, in the order of the sums."""
        ends = np.cumsum(list(self.widths.values())).tolist()
        return [slice(a, b) for a, b in zip([0, *ends], ends, strict=False)]

    def _unit(self, place: int) -> tuple[Value, int]:
        """Which unit has this place in the sums."""
        for value, block in zip(self.widths, self._blocks(), strict=True):
            if place < block.stop:
                return value, place - int(block.start)
        raise IndexError(place)

    def _at(self, k: int, at: Ids) -> Floats:
        """(n, K): the signals of part `k` at some places; of part 0 all shifts, (n, shifts * K)."""
        signals = self.parts[k]
        if k:
            return signals[at]
        where = (at[:, None] + self.offsets) % self.first
        shifted: Floats = signals[where].reshape(len(at), where.shape[1] * signals.shape[1])
        return shifted

    def _correlations(self, k: int, block: slice) -> Floats:
        """(H, 1 + shifts, K) or (H, 1, K): Pearson's, on part `k`; 0 of units that do nothing."""
        signals, n = self.parts[k], len(self.parts[k])
        means = self.sums[k, block] / n
        deviations = np.sqrt(np.maximum(self.squares[k, block] / n - means**2, 0))
        idle = deviations <= LEAST_DEVIATION * np.abs(self.origin[block] + means)
        of_units = np.where(idle, np.inf, deviations)[:, None, None]
        of_signals = np.sqrt(np.mean(signals**2, axis=0, dtype=np.float64))
        products = self.products[k][block].reshape(len(means), -1, len(self.used))
        found: Floats = products / (n * of_units * of_signals)
        return np.clip(found, -1, 1, out=found)


def memory_of(units: int, signals: int, shifts: int) -> int:
    """About how many bytes a UnitSearch takes: sums in float64, and three copies of a span."""
    return units * (8 * signals * (1 + shifts) + 3 * 4 * STEPS * TOGETHER)


def _varies(signals: Floats) -> Bools:
    """(K,): whether each of the signals (K, n) takes more than one value."""
    varies: Bools = (signals != signals[:, :1]).any(axis=1)
    return varies


def _centred(signals: Floats) -> Floats:
    """(n, K) of (K, n), each with mean 0."""
    n = max(signals.shape[1], 1)
    centred = signals - signals.sum(axis=1, keepdims=True, dtype=np.float64) / n
    return np.ascontiguousarray(centred.T, dtype=np.float32)
