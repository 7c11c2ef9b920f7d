"""Cross-entropy, and the softmax it leaves, where naive ones fail; the rest is in test_maths."""

import math

import numpy as np
import pytest

from charrnn.nn.layers.loss import CrossEntropy, LossTape

EXTREME = {
    "rows far from each other": [[1e4, 1e4], [-1e4, -1e4]],
    "a wide row": [[0.0, 0.0, 2000.0]],
    "beyond exp, both ways": [[-1e300, 0.0, 0.0], [1e300, 0.0, 0.0]],
    "one character": [[-5.0], [7e8]],
}


def softmax_by_definition(row: list[float]) -> list[float]:
    """exp(x_i) / sum(exp(x_j)), each as 1 / sum(exp(x_j - x_i)) in Python's own floats."""
    return [1.0 / sum(math.exp(min(b - a, 700.0)) for b in row) for a in row]


@pytest.mark.parametrize("logits", EXTREME.values(), ids=EXTREME)
def test_cross_entropy_holds_where_exp_does_not(logits: list[list[float]]) -> None:
    x = np.array(logits)
    tape = LossTape.empty(len(x), x.dtype)
    CrossEntropy(x.shape[1]).forward_(x, np.zeros(len(x), np.uint8), tape)
    np.testing.assert_allclose(x, [softmax_by_definition(r) for r in logits], atol=1e-300)
    largest = [max(row) for row in logits]
    expected = [
        m - row[0] + math.log(sum(math.exp(v - m) for v in row))
        for m, row in zip(largest, logits, strict=True)
    ]
    np.testing.assert_allclose(tape.losses, expected, rtol=1e-12)
