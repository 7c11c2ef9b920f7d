"""Every kernel set that is installed here computes what the plain one does."""

import inspect
import os

import numpy as np
import pytest

from charrnn.errors import UsageError
from charrnn.nn import kernels
from charrnn.nn.chunk import Chunk
from charrnn.nn.gradcheck import directional_error
from charrnn.nn.kernels import KERNELS, choose_kernels, installed
from charrnn.nn.kernels.plain import NUMPY, Plain
from charrnn.nn.kernels.tiled import WIDTH, Tiled, depth_of
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.model import CharModel
from tests.contracts.networks import (
    EVERY_CELL,
    FLOAT64,
    B,
    H,
    T,
    V,
    chunk,
    label,
    noise,
    weights,
)

FLOAT32 = np.dtype(np.float32)
SETS = {name: KERNELS[name]() for name in installed()}
OTHERS = [name for name in SETS if name != "numpy"]
STEPS = {plain.__name__: plain for name in OTHERS for plain in SETS[name].compiled}
NOISE = DropoutRates(hidden=0.3, output=0.3)
each_set = pytest.mark.parametrize("name", SETS)
each_dtype = pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=str)


@pytest.mark.skipif(not os.environ.get("CI"), reason="what is installed elsewhere is up to you")
def test_continuous_integration_has_every_set() -> None:
    assert list(SETS) == list(KERNELS)


@each_set
@pytest.mark.parametrize("cell", EVERY_CELL, ids=label)
@pytest.mark.parametrize("layers", [1, 2])
def test_back_propagation_is_the_derivative(name: str, cell, layers: int) -> None:
    model = CharModel(
        V,
        (cell,) * layers,
        3,
        dropout=DropoutRates(hidden=0.3, output=0.3),
        learn_initial_state=True,
    )
    p, (x, y) = weights(model), chunk()
    tape, g, scratch = model.tape(T, B, FLOAT64, SETS[name]), p.like(), p.like()
    g.flat[...] = np.nan
    model.loss_and_grads(p, g, Chunk(x, y), None, tape, noise)

    def loss() -> float:
        return model.loss_and_grads(p, scratch, Chunk(x, y), None, tape, noise)[0]

    for k in range(3):
        assert directional_error(loss, p, g, np.random.default_rng(k)) < 1e-6


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("cell", EVERY_CELL, ids=label)
@pytest.mark.parametrize(("dtype", "bound"), [(FLOAT32, 2e-5), (FLOAT64, 1e-12)], ids=str)
def test_a_set_agrees_with_numpys_to_rounding(name: str, cell, dtype, bound: float) -> None:
    sized = type(cell)(64, **{k: v for k, v in vars(cell).items() if k != "hidden_size"})
    model = CharModel(V, (sized, sized))
    p, (x, y) = weights(model, dtype=dtype), chunk(steps=20, tracks=16)
    p.flat *= 0.2
    found = []
    for kernel_set in (NUMPY, SETS[name]):
        g = p.like()
        loss, last = model.loss_and_grads(
            p, g, Chunk(x, y), None, model.tape(20, 16, dtype, kernel_set)
        )
        found.append((loss, g.flat, *(a.copy() for layer in last for a in layer)))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=bound, atol=bound * np.abs(theirs).max())


@pytest.mark.parametrize("step", sorted(STEPS))
@each_dtype
def test_a_compiled_step_is_its_plain_twin(step: str, dtype) -> None:
    plain = STEPS[step]
    rng = np.random.default_rng(0)
    arguments = {
        name: rng.uniform(-1.0, 1.0, shape).astype(dtype)
        for name, shape in shapes_of(step, inspect.signature(plain).parameters)
    }
    if "ids" in arguments:
        arguments["ids"] = rng.integers(3 * B, size=7)
        arguments["mask"] = np.empty((3 * B, 7), bool)
    for name in (name for name in OTHERS if plain in SETS[name].compiled):
        ours = {k: a.copy() for k, a in arguments.items()}
        theirs = {k: a.copy() for k, a in arguments.items()}
        plain(*ours.values())
        SETS[name].compiled[plain](*theirs.values())
        changed = [k for k in ours if k not in ("scratch", "mask", "one_hot", "dinner")]
        assert any(np.any(ours[k] != arguments[k]) for k in changed)
        for k in changed:
            np.testing.assert_allclose(theirs[k], ours[k], rtol=0, atol=30 * np.finfo(dtype).eps)


def shapes_of(step: str, names):
    """The shapes of a step's arguments, which have the same names everywhere."""
    G = {"lstm": 4, "gru": 3, "rnn": 1}.get(step.split("_")[0], 1)
    special = {
        "z": (B, G * H),
        "dz": (B, G * H),
        "hz": (B, (4 if G == 4 else 2) * H),
        "gates": (G, B, H),
        "bh": (H,),
        "scratch": (6 * B if G == 4 else 3 * B, H),
        "ids": (7,),
        "x": (7, H),
        "out": (3 * B, H),
        "one_hot": (3 * B, 7),
        "mask": (3 * B, 7),
    }
    return [(name, special.get(name, (B, H))) for name in names]


@each_set
@each_dtype
@pytest.mark.parametrize(
    ("R", "K", "N"), [(1, 3, 5), (2, 128, 64), (25, 128, 512), (40, 1024, 96), (64, 100, 64)]
)
def test_a_product_is_x_times_w(name: str, dtype, R: int, K: int, N: int) -> None:
    rng = np.random.default_rng(0)
    product = SETS[name].product(R, K, N, dtype)
    for k in range(2):
        w = rng.normal(size=(K, N)).astype(dtype)
        x, out = rng.normal(size=(R, K)).astype(dtype), np.full((R, N), np.nan, dtype)
        product.prepare(w if k else np.ascontiguousarray(w.T).T)
        product(x, out)
        exact = x.astype(float) @ w.astype(float)
        np.testing.assert_allclose(out, exact, rtol=0, atol=np.finfo(dtype).eps * K * 8)
        wide = rng.normal(size=(R, 3 * K)).astype(dtype)
        product(wide[:, K : 2 * K], out)
        exact = wide[:, K : 2 * K].astype(float) @ w.astype(float)
        np.testing.assert_allclose(out, exact, rtol=0, atol=np.finfo(dtype).eps * K * 8)


@pytest.mark.parametrize(("R", "K", "N"), [(16, 64, 64), (25, 128, 512), (50, 2048, 96)])
def test_tiles_are_the_matrix_whether_they_pay_here_or_not(R: int, K: int, N: int) -> None:
    assert N % WIDTH == 0
    assert K % depth_of(R, K) == 0
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(R, K)), rng.normal(size=(K, N))
    tiled, plain = Tiled(R, K, N, FLOAT64), Plain(K, N, FLOAT64)
    results = []
    for product in (tiled, plain):
        out = np.empty((R, N))
        product.prepare(w)
        product(x, out)
        results.append(out)
    np.testing.assert_allclose(*results, rtol=1e-12, atol=1e-12)


def test_what_is_asked_for_is_taken(monkeypatch) -> None:
    monkeypatch.setenv("CHARRNN_KERNELS", "numpy")
    assert choose_kernels() is NUMPY
    monkeypatch.setenv("CHARRNN_KERNELS", "auto")
    assert choose_kernels().name == SETS[installed()[-1]].name
    monkeypatch.setenv("CHARRNN_KERNELS", "slow")
    with pytest.raises(UsageError, match="CHARRNN_KERNELS is slow; expected auto, numpy or fast"):
        choose_kernels()


def test_a_set_that_is_not_installed_is_refused_by_name_and_left_out_by_auto(monkeypatch) -> None:
    def missing():
        raise ImportError("No module named 'numba'")

    monkeypatch.setitem(kernels.KERNELS, "fast", missing)
    monkeypatch.setenv("CHARRNN_KERNELS", "fast")
    with pytest.raises(UsageError, match=r"pip install 'charrnn\[fast\]'"):
        choose_kernels()
    monkeypatch.setenv("CHARRNN_KERNELS", "auto")
    assert choose_kernels() is NUMPY
