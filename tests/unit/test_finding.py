"""Units that go with a signal are found, and those that do not are not believed."""

import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charrnn.nn.rng import stream
from charrnn.studies.units.maths import Value
from charrnn.studies.units.peaks import coded, peaks
from charrnn.studies.units.saturation import Tally
from charrnn.studies.units.search import UnitSearch, memory_of

H = Value(0, "h")
C = Value(1, "c")


@dataclass
class Piece:
    """A chunk that was never read."""

    at: np.ndarray
    values: dict

    def of(self, value):
        return self.values[value].astype(np.float32)


def searched(signals, values, shifts=50, seed=3, pieces=7):
    """The matches of a text whose characters come in any order."""
    T = signals.shape[1]
    search = UnitSearch(
        np.asarray(signals, np.float32),
        {name: array.shape[1] for name, array in values.items()},
        shifts=shifts,
        seed=seed,
    )
    for at in np.array_split(np.random.default_rng(0).permutation(T), pieces):
        search.add(Piece(at, {name: array[at] for name, array in values.items()}))
    return search.matches()


def walk(rng, T, n):
    """Numbers that change slowly, as units do, around a mean of their own."""
    steps = rng.normal(size=(T, n))
    for t in range(1, T):
        steps[t] += 0.95 * steps[t - 1]
    return steps + 10


def test_correlations_and_p_are_those_of_the_definition() -> None:
    rng, T, shifts = np.random.default_rng(1), 401, 50
    values = {H: walk(rng, T, 3), C: walk(rng, T, 4)}
    signals = np.stack([walk(rng, T, 1)[:, 0], rng.random(T) < 0.3, values[C][:, 2] > 10])
    units = np.concatenate(list(values.values()), axis=1).astype(np.float32)
    half = T // 2
    offsets = [0, *stream(3, "units.shifts").integers(half, size=shifts)]
    for match, signal in zip(searched(signals, values, shifts), signals, strict=True):
        first = signal[:half].astype(float)

        def r(unit, shifted):
            return np.corrcoef(units[:half, unit], shifted)[0, 1]

        each = [[r(u, np.roll(first, -offset)) for u in range(7)] for offset in offsets]
        best = np.abs(each).max(axis=1)
        unit = int(np.abs(each[0]).argmax())
        assert (match.value, match.unit) == ((H, unit) if unit < 3 else (C, unit - 3))
        assert match.correlation == pytest.approx(each[0][unit], abs=1e-5)
        held_out = np.corrcoef(units[half:, unit], signal[half:])[0, 1]
        assert match.held_out == pytest.approx(held_out, abs=1e-5)
        assert match.p == pytest.approx((best >= best[0] - 1e-6).mean(), abs=1e-9)


def test_a_unit_that_follows_a_signal_is_found_with_its_sign() -> None:
    rng, T = np.random.default_rng(2), 2000
    signal = np.repeat(rng.random(T // 20) < 0.5, 20).astype(float)
    units = walk(rng, T, 30)
    units[:, 17] = -signal + 0.1 * rng.normal(size=T)
    (match,) = searched(signal[None], {H: units}, shifts=99)
    assert (match.value, match.unit) == (H, 17)
    assert match.correlation < -0.9
    assert match.held_out < -0.9
    assert match.p == 0.01


def test_chance_is_called_chance() -> None:
    """Slow units and slow signals that know nothing of each other: p is spread out evenly."""
    ps = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        signals = np.repeat(rng.random((1, 50)) < 0.5, 20, axis=1)
        ps.append(searched(signals, {H: walk(rng, 1000, 20)}, 39, seed, 2)[0].p)
    assert np.mean(np.array(ps) <= 0.1) <= 0.25
    assert 0.3 < np.mean(ps) < 0.75


def test_what_is_constant_is_left_out() -> None:
    rng, T = np.random.default_rng(4), 100
    only_late = np.arange(T) > 80
    signals = np.stack([np.zeros(T), only_late, rng.random(T)])
    units = np.stack([np.full(T, 0.7), rng.random(T)], axis=1)
    (match,) = searched(signals, {H: units})
    assert (match.signal, match.unit) == (2, 1)
    assert searched(signals[:2], {H: units}) == []
    assert searched(np.zeros((1, 1)), {H: units[:1]}, pieces=1) == []
    (match,) = searched(signals[2:], {H: units[:, :1]})
    assert (match.correlation, match.held_out, match.p) == (0, 0, 1)


@pytest.mark.parametrize("size", [1e-20, 1e19, 1e25])
def test_units_of_any_size(size: float) -> None:
    rng, T = np.random.default_rng(6), 2000
    signal = np.repeat(rng.random(T // 20) < 0.5, 20).astype(float)
    units = walk(rng, T, 8) - 10
    units[:, 3] += 3 * signal
    (plain,) = searched(signal[None], {H: units})
    (scaled,) = searched(signal[None], {H: units * size})
    assert (scaled.unit, scaled.p) == (plain.unit, plain.p)
    assert scaled.correlation == pytest.approx(plain.correlation, abs=1e-5)
    assert scaled.held_out == pytest.approx(plain.held_out, abs=1e-5)


def test_units_about_a_large_mean() -> None:
    """Their sums are of the small numbers about it."""
    rng, T = np.random.default_rng(7), 4000
    signal = np.repeat(rng.random(T // 100) < 0.5, 100).astype(float)
    units = (1e4 + 0.3 * rng.normal(size=(T, 5))).astype(np.float32)
    (match,) = searched(signal[None], {H: units})
    half = T // 2
    for found, part in (
        (match.correlation, slice(half)),
        (match.held_out, slice(half, T)),
    ):
        each = [np.corrcoef(units[part, u].astype(float), signal[part])[0, 1] for u in range(5)]
        assert found == pytest.approx(each[match.unit], abs=2e-5)


def test_a_unit_that_is_constant_but_for_rounding_does_nothing() -> None:
    """Far from where it began: what it does is judged by where it is."""
    T = 400
    signal = np.arange(T) // 20 % 2.0
    unit = np.where(np.arange(T) < T // 2, 1 + 0.1 * signal, 1e4 + 1e-3 * signal)[:, None]
    assert len(set(unit[T // 2 :, 0].astype(np.float32).tolist())) == 2
    search = UnitSearch(signal[None].astype(np.float32), {H: 1}, shifts=9)
    for at in np.split(np.arange(T), 4):
        search.add(Piece(at, {H: unit[at]}))
    (match,) = search.matches()
    assert match.correlation == pytest.approx(1, abs=1e-6)
    assert match.held_out == 0


def test_no_correlation_is_above_one() -> None:
    for seed in range(20):
        signal = np.random.default_rng(seed).random((1, 500)).astype(np.float32)
        (match,) = searched(signal, {H: signal.T * 0.3}, shifts=3)
        assert 1 - 1e-5 < match.correlation <= 1
        assert 1 - 1e-5 < match.held_out <= 1


def test_matches_need_the_memory_of_one_block() -> None:
    rng, T = np.random.default_rng(8), 64
    widths = {Value(k, "h"): 40 for k in range(10)}
    search = UnitSearch(rng.random((20, T)).astype(np.float32), widths)
    search.add(Piece(np.arange(T), {value: rng.random((T, 40)) for value in widths}))
    tracemalloc.start()
    search.matches()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < search.products[0].nbytes / 2 < memory_of(400, 20, 199)


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (-1.0, 1.0), (-np.inf, np.inf)])
def test_a_distribution_is_a_count(bounds) -> None:
    rng = np.random.default_rng(5)
    low, high = bounds if np.isfinite(bounds[0]) else (-5, 5)
    x = rng.uniform(low, high, (500, 3)).astype(np.float32)
    x[0] = [low, high, 7 if high == 5 else high]
    tally = Tally(H, bounds, 3)
    for some in np.array_split(x, 4):
        tally.add(some)
    result = tally.result()
    if np.isfinite(bounds[0]):
        at_left, at_right = (0.1, 0.9) if low == 0 else (-0.9, 0.9)
        assert result.left.tolist() == (x < at_left).mean(axis=0).tolist()
        assert result.right.tolist() == (x > at_right).mean(axis=0).tolist()
    else:
        assert np.isnan([result.left, result.right]).all()
    np.testing.assert_allclose(result.means, x.mean(axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(result.deviations, x.std(axis=0), rtol=1e-4)
    counts, edges = np.histogram(np.clip(x, low, high), bins=20, range=(low, high))
    np.testing.assert_allclose(result.histogram, counts / x.size, atol=0.002)
    np.testing.assert_allclose(result.edges, edges)


def naive_peaks(values, n, apart):
    chosen = []
    for place in sorted(range(len(values)), key=lambda i: (-values[i], i)):
        if len(chosen) < n and all(abs(place - other) >= apart for other in chosen):
            chosen.append(place)
    return chosen


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.integers(1, 6), st.integers(1, 12))
def test_peaks_are_the_highest_that_are_apart(values, n: int, apart: int) -> None:
    found = peaks(np.array(values, np.float32), n, apart)
    assert found.tolist() == naive_peaks(values, n, apart)


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=50))
@example([0.0, 1e-43])
@example([0.0, 3e-44, 7e-44])
@example([-3e38, 1.0, 3e38])
def test_bytes_are_off_by_half_a_step_at_most(values) -> None:
    low, high, codes = coded(np.array(values, np.float32))
    told = low + np.frombuffer(codes, np.uint8) * ((high - low) / 255)
    assert np.abs(told - np.float32(values)).max() <= (high - low) / 510 * 1.001 + 1e-12 * abs(high)
