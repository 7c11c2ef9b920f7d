"""Spectra, clipping, the textbook's experiments, windows of a text, and the probe of memory."""

from itertools import pairwise
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.nn.cells import CELLS, Gru, Rnn
from charrnn.nn.layers.noise import DropoutRates, NoiseKey
from charrnn.nn.model import CharModel
from charrnn.nn.params import size_of
from charrnn.studies.gradients import textbook
from charrnn.studies.gradients.clipping import clipped_lengths
from charrnn.studies.gradients.recall import Task, network_of, recall
from charrnn.studies.gradients.spectrum import spectra
from charrnn.studies.gradients.textbook import experiment
from charrnn.text.batches import Batches
from charrnn.text.part import LEAD_IN
from charrnn.text.record_part import RecordPart
from charrnn.text.records import find_records
from charrnn.text.text_part import TextPart
from tests.contracts.networks import FLOAT64, H, V, weights


def orthogonal(n: int, seed: int = 0) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))[0]


def test_spectra_of_known_matrices() -> None:
    model = CharModel(V, (Rnn(3), Rnn(3)))
    p = weights(model)
    left, right = orthogonal(3), orthogonal(3, 1)
    p["layers.0.Wh"][...] = left @ np.diag([2.0, 1.0, 0.5]) @ right
    p["layers.1.Wh"][...] = [[0, 5, 0], [0, 0, 5], [0, 0, 0]]
    first, second = spectra(model, p)
    np.testing.assert_allclose(first.singular_values, [2, 1, 0.5])
    assert (first.layer, first.gate, first.alone) == (0, "h", True)
    assert first.may_explode
    assert second.largest == pytest.approx(5)
    assert second.radius == pytest.approx(0, abs=1e-4)  # nilpotent: it cannot explode
    assert second.may_explode  # which the singular value does not know


@pytest.mark.parametrize(("scale", "vanishes", "explodes"), [(0.9, 1, 0), (1, 0, 0), (1.1, 0, 1)])
def test_the_reading_of_the_textbook(scale: float, vanishes: bool, explodes: bool) -> None:
    model = CharModel(V, (Rnn(H),))
    p = weights(model)
    p["layers.0.Wh"][...] = scale * orthogonal(H)
    (one,) = spectra(model, p)
    assert (one.vanishes, one.may_explode) == (vanishes, explodes)


def test_gates_are_read_from_their_own_blocks() -> None:
    model = CharModel(V, (Gru(H),))
    p = weights(model)
    for k, block in enumerate(np.split(p["layers.0.Wh"], 3, axis=1)):
        block[...] = (k + 1) * orthogonal(H, k)
    found = [*spectra(model, p)]
    assert [one.gate for one in found] == ["r", "z", "n"]
    np.testing.assert_allclose([one.largest for one in found], [1, 2, 3])
    np.testing.assert_allclose([one.bound for one in found], [0.25, 0.5, 3])
    assert not any(one.alone for one in found)
    layer_norm = CharModel(V, (Rnn(H, layer_norm=True),))
    assert not next(spectra(layer_norm, weights(layer_norm))).alone


def part_of(n: int, seed: int = 0) -> TextPart:
    return TextPart(np.random.default_rng(seed).integers(V, size=n), np.arange(V))


@pytest.mark.parametrize("recompute", [None, 3])
def test_clipping_is_that_of_training(recompute: int | None) -> None:
    """Against whole chunks without clipping: the norm before; after it, what the limits leave."""
    model = CharModel(V, (Gru(H), Gru(H)), dropout=DropoutRates(hidden=0.3))
    p, batches = weights(model), Batches(part_of(200), 3, 8)
    tape, g, state, expected = model.tape(8, 3, FLOAT64), p.like(), None, []
    for k in range(5):
        chunk = batches.chunk(k)
        part = tape.first(len(chunk.x))
        _, state = model.loss_and_grads(p, g, chunk, state, part, NoiseKey(7, k))
        expected.append(float(np.linalg.norm(g.flat)))
    limit = float(np.median(expected))
    found = clipped_lengths(
        *(model, p, batches, 5), value=None, norm=limit, seed=7, recompute=recompute
    )
    before, after, bounded = map(np.array, zip(*found, strict=True))
    np.testing.assert_allclose(before, expected, rtol=1e-10)
    np.testing.assert_allclose(after, np.minimum(expected, limit), rtol=1e-10)
    np.testing.assert_array_equal(bounded, before > limit)
    by_value = clipped_lengths(model, p, batches, 2, value=1e-9, norm=None, seed=7)
    assert all(cut and after < before for before, after, cut in by_value)


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.25])
def test_an_orthogonal_matrix_multiplies_by_its_scale(scale: float) -> None:
    one = experiment(20, scale, 30, "orthogonal", seed=3)
    np.testing.assert_allclose(one.linear, scale ** np.arange(31), rtol=1e-9)
    assert one.radius == pytest.approx(scale)
    assert one.tanh[0] == pytest.approx(1)
    assert all(b <= scale * a * (1 + 1e-12) for a, b in pairwise(one.tanh))
    assert one.tanh[-1] < one.linear[-1]


def test_a_largest_singular_value_above_1_is_not_sufficient_for_exploding() -> None:
    one = experiment(50, 1.2, 40, "normal", seed=3)
    assert one.radius < 1
    assert one.linear[-1] < 1e-3


def test_the_tanh_of_the_experiment_is_the_rnn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the formula, in the order of a lecture."""
    monkeypatch.setattr(textbook, "TRACKS", 1)
    one = experiment(6, 1.1, 9, "normal", seed=5)
    rng = textbook.stream(5, "textbook.signals")
    z = rng.normal(0.0, textbook.DRIVE, (textbook.SETTLING + 9, 1, 6))[:, 0]
    d = rng.standard_normal((1, 6))[0]
    Wh = np.empty((6, 6))
    textbook.INITIALIZERS["normal"]().recurrent_(Wh, textbook.stream(5, "textbook.weights"))
    Wh *= 1.1 / np.linalg.svd(Wh)[1][0]
    h, states = np.zeros(6), []
    for now in z:
        h = np.tanh(now + Wh.T @ h)
        states.append(h)
    d = d / np.linalg.norm(d)
    norms = [1.0]
    for h in states[:-10:-1]:
        d = Wh @ ((1 - h**2) * d)
        norms.append(np.linalg.norm(d))
    np.testing.assert_allclose(one.tanh, norms, rtol=1e-9)


@given(st.integers(2, 2000), st.integers(1, 400), st.integers(1, 40))
def test_excerpts_of_a_text(n: int, steps: int, most: int) -> None:
    part = TextPart(np.arange(n) % 97, np.arange(97))
    found = part.excerpts(steps, most)
    T, W = found.x.shape
    assert 1 <= W <= most
    assert found.steps == min(steps, n - 1)
    assert min(n - 1, found.steps + LEAD_IN) == T
    together = np.vstack([found.x, found.y])
    assert (np.diff(together, axis=0) % 97 == 1).all()  # each is a stretch of the text
    assert found.x[0, 0] == 0
    if W > 1:
        assert found.y[-1] == (n - 1) % 97  # the last one ends where the text does


def test_excerpts_of_records() -> None:
    text = "\n".join(["ab", "abc", "abcde", "abcdefgh", "abcdef"] * 3) + "\n"
    ids = np.array([ord(c) for c in text])
    part = RecordPart(ids, np.arange(128), find_records(ids, 10))
    found = part.excerpts(100, 50)
    assert found.steps == 6  # the median record, and its end
    assert "".join(map(chr, found.x[:, 0])) == "\nabcde"
    ends = [chr(y) for y in found.y]
    assert sorted(ends) == sorted(["\n", "f", "f"] * 3)


@given(st.integers(2, 9), st.integers(1, 9), st.integers(1, 20), st.integers(0, 99))
def test_what_is_to_be_recalled(symbols: int, distractors: int, lag: int, seed: int) -> None:
    task = Task(symbols, distractors)
    x, y = task.draw(lag, 7, np.random.default_rng(seed))
    assert x.shape == (lag + 1, 7)
    assert ((x[0] == y) & (y < symbols)).all()
    assert ((x[1:-1] >= symbols) & (x[1:-1] < symbols + distractors)).all()
    assert (x[-1] == task.vocab_size - 1).all()
    assert task.guess == pytest.approx(log(symbols))


@pytest.mark.parametrize("parameters", [1, 500, 5000])
@pytest.mark.parametrize("cell", CELLS)
def test_the_network_that_comes_nearest(cell: str, parameters: int) -> None:
    task = Task()
    sizes = [size_of(CharModel(17, (CELLS[cell](k),)).shapes()) for k in range(1, 90)]
    found = size_of(network_of(CELLS[cell], task, parameters).shapes())
    assert abs(found - parameters) == min(abs(size - parameters) for size in sizes)


@pytest.mark.parametrize("cell", CELLS)
def test_a_symbol_is_recalled_after_a_few_steps(cell: str) -> None:
    task = Task(4, 4)
    model = network_of(CELLS[cell], task, 1500)
    found = recall(model, task, 3, steps=300, batch_size=32, seed=1)
    assert found.loss < 0.1
    assert found.accuracy > 0.99
    assert found.steps < 300  # it was solved
    assert recall(model, task, 3, steps=300, batch_size=32, seed=1) == found
    lost = recall(model, task, 3, steps=1, batch_size=32, seed=1)
    assert lost.loss > 0.8 * task.guess
