"""The running mean against its definition."""

from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.training.smoothing import Smoothing, smoothed

NUMBERS = st.lists(st.floats(-1e6, 1e6), max_size=60)
SHARES = st.floats(0, 0.999)


def naive(values: list[float], share: float) -> list[float]:
    """The weighted mean of all values so far, the weight of each `share` times that of the next."""
    means = []
    for n in range(1, len(values) + 1):
        weights = [share ** (n - 1 - k) for k in range(n)]
        means.append(sum(w * x for w, x in zip(weights, values, strict=False)) / sum(weights))
    return means


@given(NUMBERS, SHARES)
def test_it_is_a_weighted_mean_of_all_values_so_far(values: list[float], share: float) -> None:
    assert smoothed(values, share) == pytest.approx(naive(values, share), rel=1e-6, abs=1e-6)


@given(st.floats(-1e6, 1e6), st.integers(1, 50), SHARES)
def test_what_does_not_change_stays(value: float, n: int, share: float) -> None:
    assert smoothed([value] * n, share) == pytest.approx([value] * n)


def test_without_a_past_it_is_the_value() -> None:
    assert smoothed([3.0, 1.0, 2.0], 0.0).tolist() == [3.0, 1.0, 2.0]


def test_the_kingma_and_ba_form() -> None:
    """m_k = 0.9 m + 0.1 x, over 1 - 0.9^k: by hand for 1, 2, 4."""
    expected = [1.0, (0.09 + 0.2) / 0.19, (0.081 + 0.18 + 0.4) / 0.271]
    assert smoothed([1.0, 2.0, 4.0], 0.9) == pytest.approx(expected)


@pytest.mark.parametrize("odd", [nan, inf, -inf])
def test_what_is_not_finite_has_no_mean_and_leaves_no_trace(odd: float) -> None:
    means = smoothed([odd, 1.0, odd, 2.0], 0.5)
    assert np.isnan(means[[0, 2]]).all()
    assert means[[1, 3]].tolist() == smoothed([1.0, 2.0], 0.5).tolist()
    assert isnan(Smoothing(0.5)(odd))
