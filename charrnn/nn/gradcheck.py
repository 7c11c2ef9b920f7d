"""Gradient checks: the analytic gradient against finite differences of the loss, in float64."""

from collections.abc import Callable

import numpy as np

from charrnn.nn.arrays import Floats
from charrnn.nn.params import Params

STEPS = (2e-4, 2e-5, 2e-6)
CLEAR = 1e-8


def elementwise_errors(
    loss: Callable[[], float], p: Params, g: Params, samples: int, rng: np.random.Generator
) -> dict[str, float]:
    """The largest relative error by parameter: its entry of largest gradient and `samples` others.

    `loss` reads `p`, which is changed and restored; `g` holds the gradient to be checked. The error
    is |a - n| / max(|a| + |n|, s), with a from `g`, n by finite differences, and s a hundredth of
    the parameter's largest gradient: far below that a difference of losses is rounding alone.
    """
    return {name: _worst(loss, p[name], g[name], samples, rng) for name in p}


def directional_error(
    loss: Callable[[], float], p: Params, g: Params, rng: np.random.Generator
) -> float:
    """Relative error of <g, v> for a random direction v, which covers all N weights at once."""
    kept, v = p.flat.copy(), rng.standard_normal(p.flat.shape)
    v /= np.linalg.norm(v)

    def loss_at(offset: float) -> float:
        p.flat[...] = kept + offset * v
        return loss()

    error = _disagreement(loss_at, float(g.flat @ v), floor=1e-9)
    p.flat[...] = kept
    return error


def _worst(
    loss: Callable[[], float], w: Floats, dw: Floats, samples: int, rng: np.random.Generator
) -> float:
    largest = int(np.abs(dw).argmax())
    floor = max(1e-2 * abs(float(dw.flat[largest])), 1e-9)
    entries = {largest, *map(int, rng.integers(dw.size, size=samples))}
    return max(_entry_error(loss, w, k, float(dw.flat[k]), floor) for k in entries)


def _entry_error(
    loss: Callable[[], float], w: Floats, k: int, analytic: float, floor: float
) -> float:
    kept = w.flat[k]

    def loss_at(offset: float) -> float:
        w.flat[k] = kept + offset
        return loss()

    error = _disagreement(loss_at, analytic, floor)
    w.flat[k] = kept
    return error


def _disagreement(f: Callable[[float], float], analytic: float, floor: float) -> float:
    """The relative error of `analytic` as f'(0), at the step size where they agree best.

    A large step has the least rounding, but may cross the kink of a relu, which a smaller one does
    not; a wrong gradient agrees with none.
    """
    best = float("inf")
    for step in STEPS:
        numeric = _derivative(f, step)
        error = abs(analytic - numeric) / max(abs(analytic) + abs(numeric), floor)
        best = min(best, error)
        if best < CLEAR:
            break
    return best


def _derivative(f: Callable[[float], float], step: float) -> float:
    """f'(0) by central differences of fourth order: the error falls with step**4."""
    return (8.0 * (f(step) - f(-step)) - (f(2 * step) - f(-2 * step))) / (12.0 * step)
