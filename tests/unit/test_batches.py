"""Chunks: every character once an epoch, in order, each track going on where it stopped."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.text.batches import Batches, Part, fit


def part(n: int, alphabet: int = 50) -> Part:
    """The numbers 0, 1, 2, ... as a text, so that an id tells its position."""
    return Part(np.arange(n, dtype=np.uint16), np.arange(n))


@given(st.integers(2, 400), st.integers(1, 20), st.integers(1, 40))
def test_an_epoch_reads_every_track_once_and_in_order(n: int, B: int, T: int) -> None:
    B, T = fit(n, B, T)
    batches = Batches(part(n), B, T)
    chunks = [batches.chunk(k) for k in range(batches.chunks)]
    x = np.concatenate([x for x, _ in chunks])
    y = np.concatenate([y for _, y in chunks])
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
    seen = Batches(Part(np.array([0, 1, 2, 1, 0], np.uint8), np.array([7, 8, 9])), 1, 4)
    x, y = seen.chunk(0)
    assert x.ravel().tolist() == [7, 8, 9, 8]
    assert y.ravel().tolist() == [8, 9, 8, 7]
