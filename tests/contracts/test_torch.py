"""Where PyTorch has the same network or optimizer, the numbers agree in float64.

PyTorch's numbers are in a file; where PyTorch is installed, they are computed again.
"""

import numpy as np
import pytest

from charrnn.nn.cells import Cell, Gru, Lstm, Rnn
from charrnn.nn.chunk import Chunk
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.optim import OPTIMIZERS, new_scratch, new_slots, step_
from charrnn.studies.gradients.maths import error_signals
from tests.contracts.networks import EVERY_CELL, FLOAT64, label
from tests.golden import make_torch as golden
from tests.golden.make_torch import LAGS, LAYERS, NETWORKS, B, H, T, V


def twin_of(cell: Cell) -> str | None:
    """PyTorch's network that computes what `cell` does, by its name in the file."""
    match cell:
        case Rnn(layer_norm=False):
            return f"rnn-{cell.activation}"
        case Lstm(peephole=False, layer_norm=False):
            return "lstm"
        case Gru(reset="after", layer_norm=False):
            return "gru-after"
    return None


TWINS = [cell for cell in EVERY_CELL if twin_of(cell)]


def reordered(cell: Cell, w: np.ndarray) -> np.ndarray:
    """PyTorch's gates, side by side on the last axis, in our order; our z is its 1 - z."""
    match cell:
        case Lstm():
            i, f, g, o = np.split(w, 4, axis=-1)
            return np.concatenate([i, f, o, g], axis=-1)
        case Gru():
            r, z, n = np.split(w, 3, axis=-1)
            return np.concatenate([r, -z, n], axis=-1)
    return w


def ours(cell: Cell, theirs: dict[str, np.ndarray], prefix: str = "") -> dict[str, np.ndarray]:
    """PyTorch's arrays by our names; `b` and `bh` are its two biases, of which we have the sum."""
    arrays = {"head.Wy": theirs[f"{prefix}weight"].T, "head.by": theirs[f"{prefix}bias"]}
    names = {"Wx": "weight_ih", "Wh": "weight_hh", "b": "bias_ih", "bh": "bias_hh"}
    for k in range(len(theirs["h0"])):
        for name, their_name in names.items():
            array = reordered(cell, theirs[f"{prefix}{their_name}_l{k}"].T)
            arrays[f"layers.{k}.{name}"] = array
    return arrays


def params_of(cell: Cell, model: CharModel, theirs: dict[str, np.ndarray]) -> Params:
    """PyTorch's weights in our model: one bias but for that inside a GRU's candidate."""
    p = Params.zeros(model.shapes(), FLOAT64)
    arrays = ours(cell, theirs)
    for name in p:
        p[name][...] = arrays[name][2 * H :] if name.endswith(".bh") else arrays[name]
        if name.endswith(".b"):
            outside = slice(2 * H) if f"{name}h" in p else slice(None)
            p[name][outside] += arrays[f"{name}h"][outside]
    return p


each_layers = pytest.mark.parametrize("layers", LAYERS)
each_twin = pytest.mark.parametrize("cell", TWINS, ids=label)


def case_of(cell: Cell, layers: int):
    sized = type(cell)(H, **{k: v for k, v in vars(cell).items() if k != "hidden_size"})
    model = CharModel(V, (sized,) * layers)
    theirs = golden.stored(f"{twin_of(cell)} {layers}")
    states = [theirs[k] for k in ("h0", "c0") if k in theirs]
    start = tuple(tuple(state[k] for state in states) for k in range(layers))
    text = theirs["text"]
    return model, params_of(cell, model, theirs), (text[:-1], text[1:]), start, theirs


@each_twin
@each_layers
def test_loss_state_and_gradients_agree(cell: Cell, layers: int) -> None:
    model, p, (x, y), start, theirs = case_of(cell, layers)
    g, tape = p.like(), model.tape(T, B, FLOAT64)
    loss, last = model.loss_and_grads(p, g, Chunk(x, y), start, tape)
    assert loss == pytest.approx(float(theirs["loss"]), rel=1e-12)
    for k, column in enumerate(zip(*last, strict=True)):
        np.testing.assert_allclose(np.stack(column), theirs[f"end/{k}"], atol=1e-10)
    grads = ours(cell, theirs, "grad/")
    for name in g:
        expected = grads[name][2 * H :] if name.endswith(".bh") else grads[name]
        np.testing.assert_allclose(g[name], expected, atol=1e-10, err_msg=name)


@each_twin
@each_layers
def test_error_signals_agree(cell: Cell, layers: int) -> None:
    model, p, (x, y), _, theirs = case_of(cell, layers)
    for signal in error_signals(model, p, x, y[-1], T):
        for lag in LAGS:
            norms = theirs[f"norms/{lag}/{cell.states.index(signal.state)}"][signal.layer]
            np.testing.assert_allclose(signal.norms[lag - 1], norms, rtol=1e-9)


@pytest.mark.parametrize("name", golden.OPTIMIZERS)
def test_an_optimizer_agrees(name: str) -> None:
    rule, theirs = OPTIMIZERS[name](), golden.stored(name)
    p = Params.zeros({"W": theirs["weights"].shape}, FLOAT64)
    p["W"][...] = theirs["weights"]
    slots, g = new_slots(rule, p), p.like()
    for t, gradient in enumerate(theirs["gradients"], start=1):
        g["W"][...] = gradient
        step_(rule, p, g, slots, new_scratch(p), lr=0.01, t=t)
    np.testing.assert_allclose(p["W"], theirs["after"], rtol=1e-10)


def test_every_twin_and_every_optimizer_is_in_the_file() -> None:
    assert {twin_of(cell) for cell in TWINS} == set(NETWORKS)
    assert set(golden.OPTIMIZERS) <= set(OPTIMIZERS)


@pytest.mark.parametrize("name", NETWORKS)
@each_layers
def test_the_installed_pytorch_computes_what_the_file_has(name: str, layers: int) -> None:
    pytest.importorskip("torch")
    theirs = golden.stored(f"{name} {layers}")
    for key, answer in golden.network_answers(name, theirs).items():
        np.testing.assert_allclose(answer, theirs[key], rtol=1e-10, atol=1e-13, err_msg=key)


@pytest.mark.parametrize("name", golden.OPTIMIZERS)
def test_the_installed_pytorch_steps_as_the_file_has_it(name: str) -> None:
    pytest.importorskip("torch")
    theirs = golden.stored(name)
    answer = golden.optimizer_answers(name, theirs)["after"]
    np.testing.assert_allclose(answer, theirs["after"], rtol=1e-10)
