"""Which targets count, which state goes on, and how little of a chunk needs to be in memory."""

import numpy as np
import pytest

from charrnn.nn.backprop import InParts
from charrnn.nn.chunk import Chunk
from charrnn.nn.model import CharModel
from tests import naive
from tests.contracts.networks import (
    EVERY_CELL,
    FLOAT64,
    NOISES,
    B,
    E,
    T,
    V,
    chunk,
    label,
    masks_of,
    noise,
    random_state,
    weights,
)
from tests.grid import thinned

each_cell = pytest.mark.parametrize("cell", EVERY_CELL, ids=label)
COUNTS = np.random.default_rng(0).integers(2, size=(T, B)).astype(float)


@each_cell
@pytest.mark.parametrize(
    ("how", "smoothing"),
    [
        ({"skip": 2, "carry": 3}, 0.0),
        ({"skip": T - 1, "carry": 1}, 0.0),
        ({"weights": COUNTS}, 0.0),
        ({"weights": COUNTS, "carry": 2, "skip": 1}, 0.1),
    ],
    ids=["stride", "true-truncation", "weights", "all"],
)
def test_which_targets_count_is_the_oracles(cell, how: dict, smoothing: float) -> None:
    """Truncated back-propagation by its definition: the last targets count, all steps are read."""
    model = CharModel(V, (cell, cell), E, dropout=NOISES["all"], label_smoothing=smoothing)
    p, (x, y) = weights(model), chunk()
    window = Chunk(x, y, **how)
    state = tuple(random_state(cell, k) for k in range(2))
    g, tape = p.like(), model.tape(T, B, FLOAT64)
    g.flat[...] = np.nan
    loss, last = model.loss_and_grads(p, g, window, state, tape, noise)
    counting = naive.Counting(window.skip, window.weights, smoothing)
    expected, grads, states = naive.loss_and_grads(
        model, p, x, y, state, masks_of(model, tape), counting
    )
    assert loss == pytest.approx(expected, rel=1e-12)
    for name in p:
        np.testing.assert_allclose(g[name], grads[name], rtol=1e-8, atol=1e-12, err_msg=name)
    carried = states[(window.carry or T) - 1]
    for ours, theirs in zip(last, carried, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


@each_cell
@pytest.mark.parametrize("N", thinned([1, 2, 3, T, 2 * T], [1, 3, 2 * T]))
@pytest.mark.parametrize("kind", thinned(list(NOISES), ["quiet", "all"]))
def test_what_is_computed_again_is_what_it_was(cell, N: int, kind: str) -> None:
    model = CharModel(V, (cell, cell), E, dropout=NOISES[kind], learn_initial_state=True)
    p, (x, y) = weights(model), chunk()
    parts = InParts(model, T, N, B, FLOAT64)
    for state in (None, tuple(random_state(cell, k) for k in range(2))):
        for window in (Chunk(x, y), Chunk(x, y, weights=COUNTS, carry=3, skip=2)):
            g, ours = p.like(), p.like()
            ours.flat[...] = np.nan
            tape = model.tape(T, B, FLOAT64)
            loss, last = model.loss_and_grads(p, g, window, state, tape, noise)
            again, end = parts(p, ours, window, state, noise)
            assert again == pytest.approx(loss, rel=1e-13)
            np.testing.assert_allclose(ours.flat, g.flat, rtol=1e-9, atol=1e-13)
            for a, b in zip(sum(last, ()), sum(end, ()), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@each_cell
def test_backprop_for_a_long_chunk_is_that_of_its_parts(cell) -> None:
    """Ten thousand steps, of which a hundred are in memory: the states between are what grows."""
    model = CharModel(V, (type(cell)(32),) * 2)
    parts = InParts(model, 10_000, 100, 2, FLOAT64)
    whole = model.tape(1000, 2, FLOAT64).nbytes * 10
    assert parts.nbytes < whole / 20


def test_ten_thousand_steps_have_a_gradient() -> None:
    model = CharModel(V, (EVERY_CELL[2],))
    p, (x, y) = weights(model), chunk(steps=10_000, tracks=1)
    g, exact = p.like(), p.like()
    loss, _ = InParts(model, 10_000, 100, 1, FLOAT64)(p, g, Chunk(x, y), None)
    whole, _ = model.loss_and_grads(p, exact, Chunk(x, y), None, model.tape(10_000, 1, FLOAT64))
    assert loss == pytest.approx(whole, rel=1e-12)
    np.testing.assert_allclose(g.flat, exact.flat, rtol=1e-8, atol=1e-12)
