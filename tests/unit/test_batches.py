"""Chunks: every character once an epoch, in order, each track going on where it stopped."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.text.batches import Batches, fit
from charrnn.text.part import Part
from charrnn.text.text_part import TextPart


def part(n: int, alphabet: int = 50) -> Part:
    """The numbers 0, 1, 2, ... as a text, so that an id tells its position."""
    return TextPart(np.arange(n, dtype=np.uint16), np.arange(n))


@given(st.integers(2, 400), st.integers(1, 20), st.integers(1, 40))
def test_an_epoch_reads_every_track_once_and_in_order(n: int, B: int, T: int) -> None:
    B, T = fit(n, B, T)
    batches = Batches(part(n), B, T)
    chunks = [batches.chunk(k) for k in range(batches.chunks)]
    x = np.concatenate([chunk.x for chunk in chunks])
    y = np.concatenate([chunk.y for chunk in chunks])
    np.testing.assert_array_equal(y, x + 1)
    m = batches.track_length
    np.testing.assert_array_equal(x, np.arange(m)[:, None] + np.arange(B) * m)
    assert n - 1 - m * B < B


@given(st.integers(2, 400), st.integers(1, 20), st.integers(1, 40))
def test_chunks_are_as_equal_as_can_be(n: int, B: int, T: int) -> None:
    B, T = fit(n, B, T)
    batches = Batches(part(n), B, T)
    lengths = {len(batches.chunk(k)[0]) for k in range(batches.chunks)}
    assert max(lengths) <= T
    assert min(lengths) >= 1
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize(
    ("n", "asked", "fits"),
    [
        (100_000, (50, 50), (50, 50)),
        (2_000, (50, 50), (39, 50)),
        (40, (50, 50), (1, 39)),
        (5, (1, 4), (1, 4)),
        (2, (50, 50), (1, 1)),
    ],
)
def test_what_a_text_has_room_for(n: int, asked: tuple[int, int], fits: tuple[int, int]) -> None:
    assert fit(n, *asked) == fits


@given(st.integers(2, 300), st.integers(1, 100), st.integers(1, 100))
def test_what_fits_has_a_full_chunk(n: int, B: int, T: int) -> None:
    b, t = fit(n, B, T)
    assert 1 <= b <= B
    assert 1 <= t <= T
    assert (n - 1) // b >= t


def test_ids_pass_through_the_lookup() -> None:
    seen = Batches(TextPart(np.array([0, 1, 2, 1, 0], np.uint8), np.array([7, 8, 9])), 1, 4)
    x, y, *_ = seen.chunk(0)
    assert x.ravel().tolist() == [7, 8, 9, 8]
    assert y.ravel().tolist() == [8, 9, 8, 7]


@given(st.integers(2, 300), st.integers(1, 6), st.integers(1, 20), st.integers(1, 20))
def test_with_a_stride_every_target_counts_once_and_the_state_is_handed_on(
    n: int, B: int, T: int, k1: int
) -> None:
    B, T = fit(n, B, T)
    batches = Batches(part(n), B, T, stride=min(k1, T))
    m, counted, at = batches.track_length, [], 0
    for k in range(batches.chunks):
        chunk = batches.chunk(k)
        assert chunk.carried == batches.carried(k) == (k > 0)
        assert len(chunk.x) <= T
        assert chunk.x[0, 0] == at  # where the carried state is that after the text before
        counted += chunk.y[chunk.skip :, 0].tolist()
        assert chunk.targets == (len(chunk.y) - chunk.skip) * B
        at += len(chunk.x) if chunk.carry is None else chunk.carry
    assert counted == list(range(1, m + 1))


def test_the_windows_of_a_stride_by_hand() -> None:
    batches = Batches(part(12), 1, 4, stride=3)
    chunks = [batches.chunk(k) for k in range(batches.chunks)]
    assert [c.x.ravel().tolist() for c in chunks] == [
        [0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9], [7, 8, 9, 10],
    ]  # fmt: skip
    assert [c.skip for c in chunks] == [0, 1, 1, 3]
    assert [c.carry for c in chunks] == [3, 3, 1, None]


@given(st.integers(50, 400), st.integers(1, 5), st.integers(4, 30), st.floats(0.05, 0.9))
def test_jitter_moves_the_ends_and_loses_nothing(n: int, B: int, T: int, jitter: float) -> None:
    B, T = fit(n, B, T)
    batches = Batches(part(n), B, T, jitter=jitter, seed=3)
    ends = []
    for epoch in range(3):
        steps = range(epoch * batches.chunks, (epoch + 1) * batches.chunks)
        chunks = [batches.chunk(step) for step in steps]
        read = np.concatenate([chunk.x[:, 0] for chunk in chunks])
        assert read.tolist() == list(range(batches.track_length))
        assert all(1 <= len(chunk.x) <= batches.longest for chunk in chunks)
        assert sum(c.scale for c in chunks) == pytest.approx(batches.chunks)
        ends.append([len(chunk.x) for chunk in chunks])
    if batches.chunks > 10 and jitter > 0.5 and T > 10:
        assert ends[0] != ends[1]
