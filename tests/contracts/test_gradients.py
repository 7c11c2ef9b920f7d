"""Cells x options x layers x embedding x tied x learned state x noise: true gradients?"""

import numpy as np
import pytest

from charrnn.nn.chunk import Chunk
from charrnn.nn.gradcheck import directional_error, elementwise_errors
from charrnn.nn.model import CharModel
from tests.contracts.networks import (
    EVERY_CELL,
    FLOAT64,
    NOISES,
    B,
    E,
    H,
    T,
    V,
    chunk,
    label,
    noise,
    weights,
)
from tests.grid import each_pair

TOLERANCE = 1e-5  # layer norm over four units is strongly curved: central differences are no better


def check(model: CharModel, entries: int = 1) -> dict[str, float]:
    """Relative errors by parameter, and of a random direction, which covers every entry.

    By parameter: at the entry of largest gradient, and at `entries` others.
    """
    p, (x, y) = weights(model), chunk()
    tape, g, scratch = model.tape(T, B, FLOAT64), p.like(), p.like()
    g.flat[...] = np.nan  # what is never written is found
    model.loss_and_grads(p, g, Chunk(x, y), None, tape, noise)
    rng = np.random.default_rng(0)

    def loss() -> float:
        return model.loss_and_grads(p, scratch, Chunk(x, y), None, tape, noise)[0]

    errors = elementwise_errors(loss, p, g, entries, rng)
    return {**errors, "direction": directional_error(loss, p, g, rng)}


each_cell = pytest.mark.parametrize("cell", EVERY_CELL, ids=label)


@each_cell
@each_pair("layers, embedding, learned, kind", [1, 2], [0, E, H], [False, True], ["quiet", "all"])
def test_back_propagation_is_the_derivative(
    cell, layers: int, embedding: int, learned: bool, kind: str
) -> None:
    rates = NOISES[kind]
    model = CharModel(V, (cell,) * layers, embedding, embedding == H, rates, learned)
    errors = check(model)
    assert max(errors.values()) < TOLERANCE, errors


@each_cell
@pytest.mark.parametrize("kind", NOISES)
def test_it_is_under_every_kind_of_noise(cell, kind: str) -> None:
    model = CharModel(V, (cell,) * 2, E, dropout=NOISES[kind], label_smoothing=0.1)
    errors = check(model, entries=0)
    assert max(errors.values()) < TOLERANCE, errors


@pytest.mark.parametrize("name", ["layers.0.Wh", "layers.1.b", "head.Wy", "embedding"])
def test_a_gradient_that_is_one_percent_wrong_is_found(name: str) -> None:
    model = CharModel(V, EVERY_CELL[2:3] * 2, E)
    p, (x, y) = weights(model), chunk()
    tape, g, scratch = model.tape(T, B, FLOAT64), p.like(), p.like()
    model.loss_and_grads(p, g, Chunk(x, y), None, tape)
    g[name].flat[np.abs(g[name]).argmax()] *= 1.01

    def loss() -> float:
        return model.loss_and_grads(p, scratch, Chunk(x, y), None, tape)[0]

    errors = elementwise_errors(loss, p, g, 1, np.random.default_rng(0))
    assert errors.pop(name) > 1e-3
    assert max(errors.values()) < TOLERANCE
