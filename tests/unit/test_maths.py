"""The small parts of the maths, one at a time: ops, params, rng, dropout, init."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.nn import ops
from charrnn.nn.cells import CELLS, Lstm
from charrnn.nn.chunk import Chunk
from charrnn.nn.initializers import Default, Normal
from charrnn.nn.layers.dropout import Dropout
from charrnn.nn.layers.loss import CrossEntropy, LossTape
from charrnn.nn.layers.noise import NoiseKey
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.nn.rng import stream

FLOAT64 = np.dtype(np.float64)
SHAPES = {"b": (3,), "W": (2, 3), "scope.W": (4, 1), "scope.b": (1,), "scoped": (2,)}


def test_sigmoid_never_overflows() -> None:
    x = np.array([-1e300, -2.0, 0.0, 2.0, 1e300])
    ops.sigmoid_(x)
    np.testing.assert_allclose(x, [0, 1 / (1 + math.exp(2)), 0.5, 1 / (1 + math.exp(-2)), 1])


def test_the_slope_of_tanh_is_its_derivative() -> None:
    x, out = np.linspace(-3, 3, 7), np.empty(7)
    ops.tanh_slope(np.tanh(x), out)
    np.testing.assert_allclose(out, 1 / np.cosh(x) ** 2)


@given(V=st.integers(1, 700), R=st.integers(1, 60), kind=st.sampled_from("BHIlq"))
def test_scatter_is_the_adjoint_of_gather(V: int, R: int, kind: str) -> None:
    rng = np.random.default_rng(V * 100 + R)
    ids = rng.integers(min(V, np.iinfo(kind).max), size=R).astype(kind)
    table, x = rng.normal(size=(V, 3)), rng.normal(size=(R, 3))
    gathered, scattered = np.empty((R, 3)), np.full((V, 3), np.nan)
    ops.gather_rows(table, ids, gathered)
    np.testing.assert_array_equal(gathered, table[ids])
    width = min(V, 256)
    ops.scatter_rows(ids, x, scattered, np.ones((width, R), bool), np.full((width, R), np.nan))
    np.testing.assert_allclose(
        (gathered * x).sum(), (table * scattered).sum(), rtol=1e-9, atol=1e-9
    )


def test_the_sum_of_rows() -> None:
    x, out = np.arange(12.0).reshape(4, 3), np.empty(3)
    ops.sum_rows(x, out)
    np.testing.assert_array_equal(out, [18, 22, 26])


@pytest.mark.parametrize("shift", [0.0, 1e4, -1e4])
def test_cross_entropy_by_hand_and_without_overflow(shift: float) -> None:
    logits = np.log(np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]])) + shift
    tape = LossTape.empty(2, FLOAT64)
    CrossEntropy(3).forward_(logits, np.array([2, 0]), tape)
    np.testing.assert_allclose(tape.losses, -np.log([0.7, 0.5]), rtol=1e-9)
    np.testing.assert_allclose(logits, [[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]], rtol=1e-9)
    CrossEntropy(3).backward_(logits, tape, 0.5)
    np.testing.assert_allclose(logits, [[0.05, 0.1, -0.15], [-0.25, 0.125, 0.125]], rtol=1e-9)


def test_named_views_and_the_vector_share_their_memory() -> None:
    p = Params.zeros(SHAPES, FLOAT64)
    p["W"][1, 2] = 7.0
    assert p.flat.sum() == 7.0
    p.flat[...] = 1.0
    assert all((w == 1.0).all() for w in p.values())
    assert {k: w.shape for k, w in p.items()} == SHAPES
    assert list(p) == list(SHAPES)


def test_matrices_come_before_vectors() -> None:
    p = Params.zeros(SHAPES, FLOAT64)
    assert p.decayed == 10
    p.flat[: p.decayed] = 1.0
    assert all((w == (w.ndim > 1)).all() for w in p.values())


def test_a_scope_is_by_whole_names() -> None:
    p = Params.zeros(SHAPES, FLOAT64)
    assert set(p.scope("scope")) == {"W", "b"}
    p.scope("scope")["b"][0] = 5.0
    assert p["scope.b"][0] == 5.0
    assert p.scope("none") == {}


def test_copies_do_not_share() -> None:
    p = Params.zeros(SHAPES, FLOAT64)
    copy, like = p.copy(), p.like()
    p.flat[...] = 1.0
    assert not copy.flat.any()
    assert not like.flat.any()


def test_a_vector_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="16 parameters do not fit"):
        Params(SHAPES, np.zeros(5))


def test_a_stream_is_a_pure_function_of_seed_name_and_indices() -> None:
    draws = [
        stream(*key).integers(2**62)
        for key in ((1, "a"), (2, "a"), (1, "b"), (1, "a", 0), (1, "a", 1), (1, "a", 0, 1))
    ]
    assert len(set(draws)) == len(draws)
    assert stream(1, "a", 0, 1).integers(2**62) == draws[-1]


def test_a_stream_is_the_same_in_every_process() -> None:
    program = (
        "from charrnn.nn.rng import stream; print(stream(2**62, 'dropout', 5, 1).integers(2**62))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert int(ran.stdout) == stream(2**62, "dropout", 5, 1).integers(2**62) == 4301280341108640526


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean_and_says_which(rate: float) -> None:
    x = np.full((50, 20, 30), 2.0)
    mask, y = np.empty_like(x), np.empty_like(x)
    Dropout(rate).forward(x, mask, y, NoiseKey(1, 0), 0)
    np.testing.assert_allclose(np.unique(mask), [0.0, 1 / (1 - rate)])
    assert (mask == 0).mean() == pytest.approx(rate, abs=0.01)
    assert y.mean() == pytest.approx(2.0, rel=0.05)
    np.testing.assert_array_equal(y, x * mask)
    dy = np.ones_like(x)
    Dropout(rate).backward_(dy, mask)
    np.testing.assert_array_equal(dy, mask)


def test_a_fresh_network_guesses() -> None:
    for cell in CELLS.values():
        model = CharModel(65, (cell(32),) * 2)
        p = model.init(1, Normal(std=0.01), FLOAT64)
        x = np.random.default_rng(0).integers(65, size=(9, 4))
        tape = model.tape(8, 4, FLOAT64)
        loss, _ = model.loss_and_grads(p, p.like(), Chunk(x[:-1], x[1:]), None, tape)
        assert loss == pytest.approx(math.log(65), rel=0.01)


def test_the_forget_bias_and_nothing_else() -> None:
    p = CharModel(7, (Lstm(4, forget_bias=1.5),)).init(1, Default(), FLOAT64)
    assert p["layers.0.b"].tolist() == [0.0] * 4 + [1.5] * 4 + [0.0] * 8
    assert not p["head.by"].any()


def test_a_layer_is_initialized_alike_whatever_stands_above_it() -> None:
    one, two = (
        CharModel(7, (Lstm(4),) * n, embedding_size=3).init(1, Default(), FLOAT64) for n in (1, 2)
    )
    for name in one:
        np.testing.assert_array_equal(one[name], two[name])


@pytest.mark.parametrize(
    ("L", "E", "tied"), [(1, 0, False), (2, 0, False), (3, 5, False), (2, 8, True)]
)
def test_the_number_of_parameters_of_an_lstm(L: int, E: int, tied: bool) -> None:
    V, H = 11, 8
    model = CharModel(V, (Lstm(H),) * L, E, tied)
    first = 4 * H * ((E or V) + H + 1)
    above = (L - 1) * 4 * H * (H + H + 1)
    head = V if tied else (H + 1) * V
    assert model.init(1, Default(), FLOAT64).flat.size == V * E + first + above + head
