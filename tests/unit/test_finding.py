"""Units that go with a signal are found, and those that do not are not believed."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.insight.activations import Value
from charrnn.insight.finding import Search
from charrnn.insight.peaks import coded, peaks
from charrnn.insight.saturation import Tally
from charrnn.rng import stream

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
    search = Search(
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
def test_bytes_are_off_by_half_a_step_at_most(values) -> None:
    low, high, codes = coded(np.array(values, np.float32))
    told = low + np.frombuffer(codes, np.uint8) * ((high - low) / 255)
    assert np.abs(told - values).max() <= (high - low) / 510 * 1.001 + 1e-6 * abs(high)
