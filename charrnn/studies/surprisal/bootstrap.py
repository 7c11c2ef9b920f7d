"""Sums over the parts of a text, and how far the mean over a text is a matter of chance."""

import numpy as np

from charrnn.nn.arrays import Bools, Floats, Ids
from charrnn.nn.rng import stream

LEAST = 10  # lines: fewer give no interval
DRAWS = 2000


def sums_from(values: Floats | Bools, starts: Ids) -> Floats:
    """The sum of `values` (T,) from each of `starts` (n,), increasing, to the next, in float64."""
    totals: Floats = np.add.reduceat(values, starts, dtype=np.float64)
    return totals


def of_usual_length(lengths: Ids | Floats) -> Bools:
    """Which lines (n,) are at least half as long as the one in the middle, blank ones apart.

    In a ranking by mean a line of three characters would be first or last by chance.
    """
    filled = lengths[lengths > 1]
    return lengths >= (np.median(filled) / 2 if filled.size else 0)


def interval_of_mean(
    sums: Floats, counts: Floats, share: float = 0.95
) -> tuple[float, float] | None:
    """Where sum(sums) / sum(counts) would lie, for other texts of the same kind.

    A percentile interval (Efron and Tibshirani 1993, chapter 13), by drawing 2,000 such texts from
    the lines (n,): blocks of n**(1/3) neighbours, wherever they begin, the last line before the
    first, so that what neighbours have in common is drawn together (Kuensch 1989; Politis and
    Romano 1992). The draws are the same at every call. None where there are too few lines.
    """
    n = len(sums)
    if n < LEAST:
        return None
    length = round(n ** (1 / 3))
    totals, weights = _around(sums, length), _around(counts, length)
    rng = stream(0, "bootstrap")
    means = np.empty(DRAWS)
    for k in range(DRAWS):
        begins = rng.integers(n, size=round(n / length))
        means[k] = totals[begins].sum() / max(weights[begins].sum(), 1)
    low, high = np.quantile(means, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def _around(values: Floats, length: int) -> Floats:
    """The circular sums (n,) of blocks of `values` (n,), one from each place."""
    running = np.concatenate([[0.0], np.cumsum(np.append(values, values[: length - 1]))])
    sums: Floats = running[length:] - running[: len(values)]
    return sums
