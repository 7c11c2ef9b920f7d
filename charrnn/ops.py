"""Array operations that the layers share: in place, or into `out`.

Each function says what it overwrites. Sources: the logistic function by tanh, and softmax
with the maximum taken out first, are in Goodfellow, Bengio and Courville (2016), sections 3.10
and 4.1.
"""

import numpy as np

from charrnn.arrays import Bools, Floats, Ids

ROWS_AT_ONCE = 256


def sigmoid_(x: Floats) -> None:
    """Overwrite `x` with 1 / (1 + exp(-x)), taken as tanh(x/2)/2 + 1/2, which cannot overflow."""
    np.multiply(x, 0.5, out=x)
    np.tanh(x, out=x)
    np.multiply(x, 0.5, out=x)
    np.add(x, 0.5, out=x)


def sigmoid_slope(s: Floats, out: Floats) -> None:
    """out = s * (1 - s): the derivative of the logistic function where its value is `s`."""
    np.subtract(1.0, s, out=out)
    np.multiply(out, s, out=out)


def tanh_slope(y: Floats, out: Floats) -> None:
    """out = 1 - y**2: the derivative of tanh where its value is `y`."""
    np.multiply(y, y, out=out)
    np.subtract(1.0, out, out=out)


def sum_rows(x: Floats, out: Floats) -> None:
    """out (K,) = the sum of the rows of `x` (R, K); as a product it is ten times np.sum's speed."""
    np.matmul(np.ones(len(x), x.dtype), x, out=out)


def gather_rows(table: Floats, ids: Ids, out: Floats) -> None:
    """out (R, K) = table[ids] for a `table` (V, K) and `ids` (R,) below V."""
    np.take(table, ids, axis=0, out=out, mode="clip")


def scatter_rows(ids: Ids, x: Floats, out: Floats) -> None:
    """out (V, K) = by id, the sum of the rows of `x` (R, K) that carry it: gather's adjoint.

    A product with a one-hot matrix, made for a block of ids at a time: for alphabets of the
    usual size this is one small GEMM, where `np.add.at` would visit every row on its own.
    """
    for start in range(0, len(out), ROWS_AT_ONCE):
        rows = np.arange(start, min(start + ROWS_AT_ONCE, len(out)))
        one_hot: Bools = rows[:, None] == ids
        np.matmul(one_hot.astype(x.dtype), x, out=out[start : start + len(rows)])


def cross_entropy(logits: Floats, targets: Ids) -> Floats:
    """-log softmax(logits)[target] in nats, (R,); overwrites `logits` (R, V) with their softmax."""
    rows = np.arange(len(targets))
    np.subtract(logits, logits.max(axis=-1, keepdims=True), out=logits)
    chosen = logits[rows, targets]
    np.exp(logits, out=logits)
    totals = logits.sum(axis=-1, keepdims=True)
    np.divide(logits, totals, out=logits)
    losses: Floats = np.log(totals[:, 0]) - chosen
    return losses
