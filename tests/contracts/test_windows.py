"""Which targets count, which state goes on, and how little of a chunk needs to be in memory."""

import numpy as np
import pytest

from charrnn.nn.model import CharModel
from charrnn.nn.recompute import InParts
from charrnn.nn.tape import WHOLE, Window
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

each_cell = pytest.mark.parametrize("cell", EVERY_CELL, ids=label)
COUNTS = np.random.default_rng(0).integers(2, size=(T, B)).astype(float)


@each_cell
@pytest.mark.parametrize(
    ("window", "smoothing"),
    [
        (Window(skip=2, carry=3), 0.0),
        (Window(skip=T - 1, carry=1), 0.0),
        (Window(weights=COUNTS), 0.0),
        (Window(COUNTS, 2, 1), 0.1),
    ],
    ids=["stride", "true-truncation", "weights", "all"],
)
def test_a_window_is_the_oracles(cell, window: Window, smoothing: float) -> None:
    """Truncated back-propagation by its definition: the last targets count, all steps are read."""
    model = CharModel(V, (cell, cell), E, noise=NOISES["all"], label_smoothing=smoothing)
    p, (x, y) = weights(model), chunk()
    state = tuple(random_state(cell, k) for k in range(2))
    g, tape = p.like(), model.tape(T, B, FLOAT64)
    g.flat[...] = np.nan
    loss, last = model.loss_and_grads(p, g, x, y, state, tape, noise, window=window)
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
@pytest.mark.parametrize("N", [1, 2, 3, T, 2 * T])
@pytest.mark.parametrize("kind", ["quiet", "dropout", "zoneout", "input", "all"])
def test_what_is_computed_again_is_what_it_was(cell, N: int, kind: str) -> None:
    model = CharModel(V, (cell, cell), E, noise=NOISES[kind], learn_initial_state=True)
    p, (x, y) = weights(model), chunk()
    parts = InParts(model, T, N, B, FLOAT64)
    for state in (None, tuple(random_state(cell, k) for k in range(2))):
        for window in (WHOLE, Window(COUNTS, 3, 2)):
            g, ours = p.like(), p.like()
            ours.flat[...] = np.nan
            tape = model.tape(T, B, FLOAT64)
            loss, last = model.loss_and_grads(p, g, x, y, state, tape, noise, window=window)
            again, end = parts.loss_and_grads(p, ours, x, y, state, noise, window=window)
            assert again == pytest.approx(loss, rel=1e-13)
            np.testing.assert_allclose(ours.flat, g.flat, rtol=1e-9, atol=1e-13)
            for a, b in zip(sum(last, ()), sum(end, ()), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@each_cell
def test_memory_for_a_long_chunk_is_that_of_its_parts(cell) -> None:
    """Ten thousand steps, of which a hundred are in memory: the states between are what grows."""
    model = CharModel(V, (type(cell)(32),) * 2)
    parts = InParts(model, 10_000, 100, 2, FLOAT64)
    whole = model.tape(1000, 2, FLOAT64).nbytes * 10
    assert parts.nbytes < whole / 20


def test_ten_thousand_steps_have_a_gradient() -> None:
    model = CharModel(V, (EVERY_CELL[2],))
    p, (x, y) = weights(model), chunk(steps=10_000, tracks=1)
    g, exact = p.like(), p.like()
    loss, _ = InParts(model, 10_000, 100, 1, FLOAT64).loss_and_grads(p, g, x, y, None)
    whole, _ = model.loss_and_grads(p, exact, x, y, None, model.tape(10_000, 1, FLOAT64))
    assert loss == pytest.approx(whole, rel=1e-12)
    np.testing.assert_allclose(g.flat, exact.flat, rtol=1e-8, atol=1e-12)
