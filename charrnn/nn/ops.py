"""Array operations that the layers share: in place, or into `out`.

Each function says what it overwrites. The logistic function by tanh is in Goodfellow, Bengio and
Courville (2016), section 3.10.
"""

from functools import cache
from typing import Any

import numpy as np

from charrnn.nn.arrays import Bools, Floats, Ids

# A decorator: overflow shows as a loss or gradient that is not finite, which callers check.
may_overflow = np.errstate(over="ignore", invalid="ignore")


def by_gate(z: Floats, gates: int) -> Floats:
    """View (..., B, G*H) as (..., G, B, H): the same numbers, a gate at a time."""
    return z.reshape(*z.shape[:-1], gates, -1).swapaxes(-2, -3)


def rows(x: Floats) -> Floats:
    """View (T, B, K) as (T*B, K)."""
    return x.reshape(-1, x.shape[-1])


def sigmoid_(x: Floats) -> None:
    """Overwrite `x` with 1 / (1 + exp(-x)), taken as tanh(x/2)/2 + 1/2, which cannot overflow."""
    np.multiply(x, 0.5, out=x)
    np.tanh(x, out=x)
    np.multiply(x, 0.5, out=x)
    np.add(x, 0.5, out=x)


def tanh_slope(y: Floats, out: Floats) -> None:
    """out = 1 - y**2: the derivative of tanh where its value is `y`."""
    np.multiply(y, y, out=out)
    np.subtract(1.0, out, out=out)


@cache
def ones(n: int, dtype: np.dtype[Any]) -> Floats:
    """(n,) times 1, read-only. A sum as a product with it runs at ten times np.sum's speed."""
    vector = np.ones(n, dtype)
    vector.setflags(write=False)
    return vector


def sum_rows(x: Floats, out: Floats) -> None:
    """out (K,) = the sum of the rows of `x` (R, K)."""
    np.matmul(ones(len(x), x.dtype), x, out=out)


def gather_rows(table: Floats, ids: Ids, out: Floats) -> None:
    """out (R, K) = table[ids] for a `table` (V, K) and `ids` (R,) below V."""
    table.take(ids, axis=0, out=out, mode="clip")


def scatter_rows(ids: Ids, x: Floats, out: Floats, mask: Bools, one_hot: Floats) -> None:
    """out (V, K) = by id, the sum of the rows of `x` (R, K) that have it: gather's adjoint.

    A product with a one-hot matrix, made for a block of ids at a time in the scratches `mask` and
    `one_hot` (W, R): for alphabets of the usual size this is one small GEMM, where `np.add.at`
    would visit every row on its own.
    """
    width = len(one_hot)
    for start in range(0, len(out), width):
        block = _ids_from(start, min(start + width, len(out)))
        ours, chosen = one_hot[: len(block)], mask[: len(block)]
        np.equal(block, ids, out=chosen)
        np.copyto(ours, chosen)
        np.matmul(ours, x, out=out[start : start + len(block)])


@cache
def _ids_from(start: int, stop: int) -> Ids:
    return np.arange(start, stop)[:, None]
