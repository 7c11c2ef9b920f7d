"""Ticks and their labels, and lines thinned to what can be seen."""

from math import isclose, log10

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.draw.axis import log_ticks, thinned, ticks


def values(marks) -> list[float]:
    return [mark.value for mark in marks]


def labels(marks) -> list[str]:
    return [mark.label for mark in marks]


@pytest.mark.parametrize(
    ("low", "high", "most", "marks"),
    [
        (0, 10, 5, [0, 2, 4, 6, 8, 10]),
        (1.27, 4.2, 6, [1.5, 2, 2.5, 3, 3.5, 4]),
        (1, 30000, 4, [10000, 20000, 30000]),
        (0.0001, 0.006, 3, [0.002, 0.004, 0.006]),
        (3, 3, 4, [3]),
    ],
)
def test_ticks_are_round_numbers(low, high, most, marks) -> None:
    assert values(ticks(low, high, most)) == marks


def test_whole_quantities_have_no_half_steps() -> None:
    assert labels(ticks(0, 10, 4)) == ["0", "5", "10"]
    assert labels(ticks(1, 3, 6)) == ["1.0", "1.5", "2.0", "2.5", "3.0"]
    assert labels(ticks(1, 3, 6, whole=True)) == ["1", "2", "3"]


def test_ticks_around_the_ends() -> None:
    assert values(ticks(3.04, 4.31, 7, around=True)) == [3.0, 3.2, 3.4, 3.6, 3.8, 4.0, 4.2, 4.4]
    assert values(ticks(0.9, 5.1, 5, around=True)) == [0, 2, 4, 6]


@pytest.mark.parametrize(
    ("high", "most", "written"),
    [
        (8000, 4, ["0", "2,000", "4,000", "6,000", "8,000"]),
        (30_000, 3, ["0", "10k", "20k", "30k"]),
        (15_000, 3, ["0", "5k", "10k", "15k"]),
        (2.5e6, 5, ["0", "0.5M", "1.0M", "1.5M", "2.0M", "2.5M"]),
        (3e9, 3, ["0", "1G", "2G", "3G"]),
        (0.75, 4, ["0", "0.2", "0.4", "0.6"]),
        (2e-5, 2, ["0", "1e-05", "2e-05"]),
    ],
)
def test_one_axis_has_one_unit(high, most, written) -> None:
    assert labels(ticks(0, high, most)) == written


def test_a_narrow_range_of_large_numbers_is_written_in_full() -> None:
    assert labels(ticks(1_000_000, 1_000_060, 3)) == [
        *("1,000,000", "1,000,020", "1,000,040", "1,000,060")
    ]


def test_ticks_of_powers() -> None:
    assert values(log_ticks(10**-1.1, 10**0.9, 6)) == pytest.approx([0.1, 0.2, 0.5, 1, 2, 5])
    assert values(log_ticks(1e-4, 10, 6)) == pytest.approx([1e-4, 1e-3, 1e-2, 0.1, 1, 10])
    assert labels(log_ticks(1e-6, 1e6, 6)) == ["1e-06", "0.0001", "0.01", "1", "100", "10k", "1M"]
    assert labels(log_ticks(2.1, 4.6, 6)) == ["2.5", "3.0", "3.5", "4.0", "4.5"]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e9), st.integers(2, 12), st.booleans(), st.booleans())
def test_ticks_are_even_few_and_told_apart(low, span, most, whole, around) -> None:
    marks = ticks(low, low + span, most, whole=whole, around=around)
    steps = np.diff(values(marks))
    assert len(marks) <= most + 1
    assert len(set(labels(marks))) == len(marks)
    if len(marks) > 1:
        assert isclose(steps.min(), steps.max(), rel_tol=1e-3)
    if whole:
        assert all(mark.value == int(mark.value) for mark in marks)
    if around:
        assert marks[0].value <= low * (1 - 1e-9 * np.sign(low)) + 1e-9 * abs(low)
        assert marks[-1].value >= (low + span) - 1e-9 * abs(low + span)


@given(st.floats(1e-9, 1e9), st.floats(1.01, 1e6), st.integers(2, 12))
def test_ticks_of_a_logarithmic_axis_lie_on_it(low, ratio, most) -> None:
    marks = log_ticks(low, low * ratio, most)
    assert len(marks) >= 1
    assert len(set(labels(marks))) == len(marks)
    for mark in marks:
        assert log10(low) - 1e-9 <= log10(mark.value) <= log10(low * ratio) + 1e-9


def test_a_thinned_line_keeps_its_ends_its_spike_and_its_gap() -> None:
    x, y = np.arange(10_000.0), np.zeros(10_000)
    y[4321], y[4322 : 4322 + 200], y[-1] = 9.0, np.nan, 1.0
    some_x, some_y = thinned(x, y, 200)
    assert len(some_x) <= 200
    assert some_x[[0, -1]].tolist() == [0, 9999]
    assert some_y[some_x == 4321].tolist() == [9.0]
    assert np.isnan(some_y).any()
    short = thinned(x[:200], y[:200], 200)
    assert np.array_equal(short[0], x[:200])
