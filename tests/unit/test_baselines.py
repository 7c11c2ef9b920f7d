"""Baselines, by their definitions."""

import lzma
from collections import Counter, defaultdict
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.studies.baselines.maths import XZ, ngram_losses, uniform, xz_loss

V = 4
texts = st.lists(st.integers(0, V - 1), min_size=2, max_size=60)


def witten_bell(train, context, w):
    """p(w | context) by the formula, one character at a time."""
    if context is None:
        return 1 / V
    n = len(context)
    counts = Counter(
        train[i + n] for i in range(len(train) - n) if tuple(train[i : i + n]) == context
    )
    shorter = witten_bell(train, context[1:] if n else None, w)
    if not counts:
        return shorter
    return (counts[w] + len(counts) * shorter) / (sum(counts.values()) + len(counts))


@given(texts, texts)
def test_ngrams_are_the_formulas(train, test) -> None:
    losses = ngram_losses(np.array(train), np.array(test), V, 4)
    for n in range(1, 5):
        expected = [
            -log(witten_bell(train, tuple(test[max(0, i - n + 1) : i]), test[i]))
            for i in range(1, len(test))
        ]
        assert losses[n - 1] == pytest.approx(np.mean(expected), rel=1e-10)


def test_probabilities_sum_to_one() -> None:
    train = np.random.default_rng(0).integers(V, size=200)
    sums: dict[int, float] = defaultdict(float)
    for w in range(V):
        text = np.array([1, 2, 0, w])
        for n, (longer, shorter) in enumerate(
            zip(
                ngram_losses(train, text, V, 3) * 3,
                ngram_losses(train, text[:3], V, 3) * 2,
                strict=True,
            )
        ):
            sums[n] += np.exp(-(longer - shorter))
    assert list(sums.values()) == pytest.approx([1.0] * 3)


def test_a_text_that_repeats_is_learned_by_the_order_that_sees_its_period() -> None:
    train = np.tile([0, 1, 1, 2], 500)
    losses = ngram_losses(train, train[:100], V, 4)
    assert losses[2] < 0.02 < losses[0]
    assert losses[1] > 0.3  # after a 1 comes a 1 or a 2


def test_uniform_and_xz() -> None:
    assert uniform(7) == pytest.approx(log(7))
    train, test = b"abcabcabc" * 50, b"abcabc" * 10
    whole, known = (
        len(lzma.compress(text, lzma.FORMAT_RAW, filters=XZ)) for text in (train + test, train)
    )
    bits = 8 * (whole - known)
    assert xz_loss(train, test, 60) == pytest.approx(bits * log(2) / 60)
    rng = np.random.default_rng(0)
    noise = rng.bytes(4000)
    assert xz_loss(rng.bytes(4000), noise, 4000) == pytest.approx(8 * log(2), rel=0.02)
