"""The gradient check itself, on losses whose gradient is known: what it finds and what it spares.

The loss is sum(w**3) / 3, its gradient w**2.
"""

import numpy as np
import pytest

from charrnn.nn.gradcheck import directional_error, elementwise_errors
from charrnn.nn.params import Params


@pytest.fixture
def p() -> Params:
    p = Params.zeros({"W": (3, 4), "b": (5,)}, np.dtype(np.float64))
    p.flat[...] = np.random.default_rng(0).normal(0.0, 1.0, p.flat.shape)
    return p


@pytest.fixture
def g(p: Params) -> Params:
    g = p.copy()
    g.flat **= 2
    return g


def errors(p: Params, g: Params, samples: int = 100) -> dict[str, float]:
    """By parameter, and of a direction."""
    rng = np.random.default_rng(1)

    def loss() -> float:
        return float((p.flat**3).sum() / 3)

    found = elementwise_errors(loss, p, g, samples, rng)
    return {**found, "direction": directional_error(loss, p, g, rng)}


def test_a_true_gradient_passes_and_the_weights_are_as_before(p: Params, g: Params) -> None:
    before = p.flat.copy()
    assert max(errors(p, g).values()) < 1e-8
    np.testing.assert_array_equal(p.flat, before)


def test_the_weights_are_as_before_after_each_of_the_two_checks(p: Params, g: Params) -> None:
    before = p.flat.copy()
    for check in (
        lambda: elementwise_errors(lambda: float(p.flat.sum()), p, g, 3, np.random.default_rng(1)),
        lambda: directional_error(lambda: float(p.flat.sum()), p, g, np.random.default_rng(1)),
    ):
        check()
        np.testing.assert_array_equal(p.flat, before)


@pytest.mark.parametrize("rank", [0, 1])
def test_one_wrong_entry_is_found_be_it_the_largest_or_the_second(
    p: Params, g: Params, rank: int
) -> None:
    order = np.argsort(g["W"], axis=None)[::-1]
    g["W"].flat[order[rank]] *= 0.99
    found = errors(p, g)
    assert found["W"] > 1e-3
    assert found["direction"] > 1e-6
    assert found["b"] < 1e-8


def test_without_samples_only_the_largest_entry_is_looked_at_but_the_direction_sees_all(
    p: Params, g: Params
) -> None:
    g["W"].flat[np.abs(g["W"]).argmin()] += 0.5 * np.abs(g["W"]).max()
    found = errors(p, g, samples=0)
    assert found["W"] < 1e-8
    assert found["direction"] > 1e-3


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_a_gradient_that_was_never_written_or_has_blown_up_is_found(
    p: Params, g: Params, bad: float
) -> None:
    g["b"][...] = bad
    with np.errstate(invalid="ignore"):
        found = errors(p, g)
    assert found["b"] > 0.1
    assert found["direction"] > 0.1
