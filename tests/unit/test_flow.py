"""The error signal: the true derivative of the last step's loss by every earlier state."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from charrnn.nn.cells import CELLS, Lstm, Rnn
from charrnn.nn.cells.base import meaning_of
from charrnn.nn.chunk import Chunk
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.model import CharModel
from charrnn.studies.gradients.maths import Signal, error_signals, row_norms
from tests import naive
from tests.contracts.networks import EVERY_CELL, FLOAT64, E, H, T, V, chunk, label, weights

STEP = 2e-6


def masks_of(model: CharModel) -> naive.Masks:
    """Zoneout as evaluation has it: the share that is expected to stay."""
    rate = model.dropout.zoneout
    held = [np.full((T, 1, H), rate)]
    return naive.Masks(
        outputs=[None] * len(model.cells),
        held=[held * len(cell.states) for cell in model.cells] if rate else [],
    )


def naive_norms(model: CharModel, p, x, y, lag: int) -> list[float]:
    """Finite differences of the oracle's loss by the states `lag` steps before the last one.

    Of one track.
    """
    steps = len(x)
    _, _, after = naive.loss_and_grads(model, p, x, y, masks=masks_of(model))
    start = after[steps - lag - 1]
    counting = naive.Counting(skip=lag - 1)

    def loss(states) -> float:
        rest = slice(steps - lag, steps)
        return naive.loss_and_grads(model, p, x[rest], y[rest], states, masks_of(model), counting)[
            0
        ]

    norms = []
    for k, layer in enumerate(start):
        for j, array in enumerate(layer):
            d = np.zeros(array.shape)
            for place in np.ndindex(*array.shape):
                ends = []
                for sign in (1, -1):
                    moved = [[a.copy() for a in one] for one in start]
                    moved[k][j][place] += sign * STEP
                    ends.append(loss(moved))
                d[place] = (ends[0] - ends[1]) / (2 * STEP)
            norms.append(np.linalg.norm(d))
    return norms


@pytest.mark.parametrize("cell", EVERY_CELL, ids=label)
@pytest.mark.parametrize("kind", ["one-hot", "tied, zoneout"])
def test_it_is_the_derivative_of_the_oracle(cell, kind: str) -> None:
    quiet = kind == "one-hot"
    model = CharModel(
        V, (cell, cell), *((0, False) if quiet else (H, True, DropoutRates(zoneout=0.3)))
    )
    p, (x, y) = weights(model), chunk(tracks=1)
    signals = error_signals(model, p, x, y[-1], T - 1)
    expected = [(k, name) for k in range(2) for name in cell.states]
    assert [(signal.layer, signal.state) for signal in signals] == expected
    for lag in (1, 3):
        for signal, norm in zip(signals, naive_norms(model, p, x, y, lag), strict=True):
            np.testing.assert_allclose(signal.norms[lag - 1], [norm], rtol=1e-5, atol=2e-9)


def test_a_learned_initial_state_and_an_embedding_are_part_of_it() -> None:
    """From the first step on: the gradient of the initial state is the signal at the last lag."""
    cell = Lstm(H, peephole=True)
    model = CharModel(V, (cell, cell), E, learn_initial_state=True)
    p, (x, y) = weights(model), chunk(tracks=1)
    g, tape = p.like(), model.tape(T, 1, FLOAT64)
    mask = np.zeros((T, 1))
    mask[-1] = 1
    model.loss_and_grads(p, g, Chunk(x, y, targets=1, weights=mask), None, tape)
    for signal in error_signals(model, p, x, y[-1], T):
        expected = np.linalg.norm(g[f"layers.{signal.layer}.{signal.state}0"])
        assert signal.norms[-1, 0] == pytest.approx(expected, rel=1e-12)


def relu(scale: float):
    """A network whose units never rest: every step back multiplies by `scale`."""
    model = CharModel(V, (Rnn(H, activation="relu"),))
    p = weights(model)
    p["layers.0.Wh"][...] = scale * np.eye(H)
    p["layers.0.Wx"][...] = 0.0
    p["layers.0.b"][...] = 1.0
    return model, p


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_what_each_step_multiplies_with(scale: float) -> None:
    model, p = relu(scale)
    x, y = chunk(steps=30)
    (signal,) = error_signals(model, p, x, y[-1], 30)
    np.testing.assert_allclose(signal.norms[1:], scale * signal.norms[:-1], rtol=1e-10)
    assert signal.reach(0.5) == (2 if scale == 0.5 else None)
    assert signal.reach(0.1) == (5 if scale == 0.5 else None)  # 2**-4 is below a tenth


def test_what_explodes_beyond_all_numbers_is_infinite() -> None:
    model, p = relu(1e9)
    x, y = chunk(steps=60)
    (signal,) = error_signals(model, p, x, y[-1], 60)
    assert not np.isfinite(signal.norms[-1]).any()
    assert not np.isnan(signal.norms).any()


@pytest.mark.parametrize("sigma", [0.5, 0.9])
def test_a_small_largest_singular_value_is_sufficient_for_vanishing(sigma: float) -> None:
    model = CharModel(V, (Rnn(H),))
    p, (x, y) = weights(model), chunk(steps=20)
    p["layers.0.Wh"][...] *= sigma / np.linalg.norm(p["layers.0.Wh"], ord=2)
    (signal,) = error_signals(model, p, x, y[-1], 20)
    assert (signal.norms[1:] <= sigma * signal.norms[:-1] * (1 + 1e-12)).all()


def test_reach_and_quartiles_mind_neither_zeros_nor_infinities() -> None:
    norms = np.array([[4.0, 4, 4, 0], [2, np.inf, 2, 0], [0.3, 0.3, np.inf, np.inf], [0, 0, 0, 0]])
    signal = Signal(0, "h", norms)
    assert signal.median[0] == 4
    assert not np.isnan([*signal.quartiles]).any()
    assert signal.reach(0.5) == 2
    assert signal.reach(0.01) == 4


ORDINARY = st.floats(-1e100, 1e100)


@given(arrays(np.float64, (3, 5), elements=ORDINARY))
def test_row_norms_are_norms(x: np.ndarray) -> None:
    np.testing.assert_allclose(row_norms(x), np.linalg.norm(x, axis=1), rtol=1e-12, atol=1e-150)


@given(
    arrays(np.float64, (2, 4), elements=st.floats(-4, 4)),
    st.integers(-1000, 1000),
)
def test_row_norms_have_the_scale_of_their_numbers(x: np.ndarray, power: int) -> None:
    x = np.where(np.abs(x) < 0.1, 0.0, x)  # no number falls out of range before it is a norm
    np.testing.assert_allclose(
        row_norms(np.ldexp(x, power)), np.ldexp(row_norms(x), power), rtol=1e-12
    )


@given(arrays(np.float64, (4, 3), elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_row_norms_of_anything(x: np.ndarray) -> None:
    found = row_norms(x)
    assert not np.isnan(found).any()
    assert (found >= 0).all()
    assert (found[~np.isfinite(x).all(axis=1)] == np.inf).all()


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_names_its_gates(name: str) -> None:
    cell = CELLS[name](H)
    assert cell.shapes()["Wh"] == (H, len(cell.gates) * H)
    assert all(gate.slope == {"sigmoid": 0.25}.get(gate.nonlinearity, 1.0) for gate in cell.gates)
    assert all(meaning_of(cell, name) for name in (*cell.states, *(g.name for g in cell.gates)))
