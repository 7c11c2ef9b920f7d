"""The distributions that initializers promise, and that each gate is drawn on its own."""

import numpy as np
import pytest

from charrnn.nn.cells import CELLS
from charrnn.nn.initializers import INITIALIZERS, Default, Normal, orthogonal_
from charrnn.nn.model import CharModel
from charrnn.nn.rng import stream

FLOAT64 = np.dtype(np.float64)
H = 12


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("shape", [(16, 16), (40, 16)])
def test_an_initializer_fills_a_block_with_small_numbers(name: str, shape: tuple[int, int]) -> None:
    w = np.full(shape, np.nan)
    initializer = INITIALIZERS[name]()
    initializer.input_(w, stream(1, "test"))
    assert np.isfinite(w).all()
    assert 0.0 < np.abs(w).max() <= 1.0
    square = np.full((16, 16), np.nan)
    initializer.recurrent_(square, stream(1, "test"))
    assert np.isfinite(square).all()


@pytest.mark.parametrize("shape", [(20, 20), (30, 10), (10, 30)])
def test_orthogonal_rows_or_columns(shape: tuple[int, int]) -> None:
    w = np.empty(shape)
    INITIALIZERS["orthogonal"]().input_(w, stream(1, "test"))
    gram = w.T @ w if shape[0] >= shape[1] else w @ w.T
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-12)


def test_bounds_and_deviations() -> None:
    w = np.empty((200, 300))
    Normal(std=0.01).input_(w, stream(1, "test"))
    assert w.std() == pytest.approx(0.01, rel=0.02)
    INITIALIZERS["uniform"]().input_(w, stream(1, "test"))
    assert np.abs(w).max() == pytest.approx(1 / np.sqrt(300), rel=0.001)
    INITIALIZERS["glorot"]().input_(w, stream(1, "test"))
    assert np.abs(w).max() == pytest.approx(np.sqrt(6 / 500), rel=0.001)


@pytest.mark.parametrize("cell", CELLS)
def test_each_gate_is_a_matrix_of_its_own(cell: str) -> None:
    """Orthogonal gate by gate, and Glorot's bound is that of one gate, not of all beside it."""
    model = CharModel(20, (CELLS[cell](H),) * 2)
    p = model.init(1, Default(), FLOAT64)
    G = len(model.cells[0].gates)
    for k, D in enumerate((20, H)):
        for block in np.split(p[f"layers.{k}.Wh"], G, axis=1):
            np.testing.assert_allclose(block @ block.T, np.eye(H), atol=1e-12)
        for block in np.split(p[f"layers.{k}.Wx"], G, axis=1):
            assert np.abs(block).max() == pytest.approx(np.sqrt(6 / (D + H)), rel=0.05)


def test_an_orthogonal_draw_favours_no_direction() -> None:
    """QR alone gives a first entry that is never positive; uniform over the group it is 0 on
    average, with a standard deviation of 1/sqrt(3) a draw.
    """
    rng, w, first = stream(1, "test"), np.empty((3, 3)), []
    for _ in range(1000):
        orthogonal_(w, rng)
        first.append(w[0, 0])
    assert abs(np.mean(first)) < 4 / np.sqrt(3 * 1000)


def test_the_identity_hands_the_past_on_as_it_was() -> None:
    w = np.full((4, 4), np.nan)
    INITIALIZERS["identity"]().recurrent_(w, stream(1, "test"))
    np.testing.assert_array_equal(w, np.eye(4))


@pytest.mark.parametrize("name", ["uniform", "glorot"])
def test_uniform_numbers_lie_evenly_around_0(name: str) -> None:
    w = np.empty((200, 300))
    INITIALIZERS[name]().input_(w, stream(1, "test"))
    limit = np.abs(w).max()
    assert abs(w.mean()) < 0.01 * limit
    assert w.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)


def test_normal_numbers_have_the_tails_of_a_normal_distribution() -> None:
    w = np.empty((200, 300))
    Normal(std=0.5).input_(w, stream(1, "test"))
    assert abs(w.mean()) < 0.01
    for sigmas, share in ((1.0, 0.3173), (2.0, 0.0455), (3.0, 0.0027)):
        assert (np.abs(w) > 0.5 * sigmas).mean() == pytest.approx(share, abs=0.005, rel=0.2)
    assert np.abs(w).max() > 1.8
