"""Sums over the parts of a text, and how far the mean over a text is a matter of chance."""

import numpy as np

from charrnn.arrays import Bools, Floats, Ids
from charrnn.rng import stream

LEAST_BLOCKS = 10  # of fewer no interval is told
MOST_BLOCKS = 2000
DRAWS = 2000


def sums_from(values: Floats | Bools, starts: Ids) -> Floats:
    """The sum of `values` (T,) from each of `starts` (n,), increasing, to the next, in float64."""
    totals: Floats = np.add.reduceat(values, starts, dtype=np.float64)
    return totals


def of_usual_length(lengths: Ids) -> Bools:
    """Which lines (n,) are at least half as long as the one in the middle, blank ones apart.

    In a ranking by mean a line of three characters would be first or last by chance.
    """
    filled = lengths[lengths > 1]
    return lengths >= (np.median(filled) / 2 if filled.size else 0)


def interval_of_mean(
    sums: Floats, counts: Floats, share: float = 0.95
) -> tuple[float, float] | None:
    """Where sum(sums) / sum(counts) would lie, for other texts of the same kind.

    A percentile interval, by drawing lines (n,) with replacement 2,000 times (Efron and Tibshirani
    1993, chapter 13). More than 2,000 lines are joined with their neighbours to so many blocks, so
    that what neighbours have in common is drawn together (Kuensch 1989). The draws are the same at
    every call. None where there are too few lines to tell.
    """
    n = min(len(sums), MOST_BLOCKS)
    if n < LEAST_BLOCKS:
        return None
    begins = np.linspace(0, len(sums), n, endpoint=False).astype(np.intp)
    totals, weights = sums_from(sums, begins), sums_from(counts, begins)
    drawn = stream(0, "bootstrap").multinomial(n, np.full(n, 1 / n), size=DRAWS)
    means = (drawn @ totals) / np.maximum(drawn @ weights, 1)
    low, high = np.quantile(means, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)
