"""Every filter in FILTERS, and generation: what is drawn depends on the seed and nothing else."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from charrnn.errors import UsageError
from charrnn.nn.cells import CELLS
from charrnn.nn.initializers import Default
from charrnn.nn.model import CharModel
from charrnn.sampling import FILTERS, generate
from charrnn.sampling.filters import Temperature, TopK, TopP, probabilities

VALUES = {
    "greedy": [True, False],
    "temperature": [0.0, 1e-300, 0.5, 1.0, 1e300],
    "top_k": [1, 2, 1000],
    "top_p": [1e-9, 0.5, 1.0],
}
LOG_P = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 3), st.integers(1, 9)), elements=st.floats(-700, 0)
)


def test_every_filter_is_tested_here() -> None:
    assert VALUES.keys() == FILTERS.keys()


@given(LOG_P, st.data())
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_leaves_a_distribution(name: str, log_p: np.ndarray, data: st.DataObject) -> None:
    spec = FILTERS[name]
    value = data.draw(st.sampled_from(VALUES.get(name) or [spec.kind(spec.example)]))
    filtered = log_p.copy()
    spec.make(value)(filtered)
    p = probabilities(filtered)
    np.testing.assert_allclose(p.sum(axis=-1), 1.0)
    likeliest = log_p.argmax(axis=-1)[:, None]
    assert np.all(np.take_along_axis(p, likeliest, axis=-1) > 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -1.0),
        ("temperature", float("nan")),
        ("temperature", float("inf")),
        ("top_k", 0),
        ("top_p", 0.0),
        ("top_p", 1.5),
        ("top_p", float("nan")),
    ],
)
def test_a_value_that_means_nothing_is_refused(name: str, value: float) -> None:
    with pytest.raises(UsageError):
        FILTERS[name].make(value)


def kept(filter_, p: list[float]) -> list[int]:
    with np.errstate(divide="ignore"):
        log_p = np.log(np.array([p]))
    filter_(log_p)
    return np.flatnonzero(np.isfinite(log_p[0])).tolist()


def test_top_k_and_top_p_by_hand() -> None:
    p = [0.1, 0.4, 0.1, 0.3, 0.1]
    assert kept(TopK(1), p) == [1]
    assert kept(TopK(2), p) == [1, 3]
    assert kept(TopK(3), p) == [0, 1, 3]
    assert kept(TopP(0.4), p) == [1]
    assert kept(TopP(0.41), p) == [1, 3]
    assert kept(TopP(0.75), p) == [0, 1, 3]
    assert kept(TopP(1.0), p) == [0, 1, 2, 3, 4]


def test_temperature_by_hand() -> None:
    log_p = np.log(np.array([[0.2, 0.8]]))
    Temperature(0.5)(log_p)
    np.testing.assert_allclose(probabilities(log_p), [[0.04 / 0.68, 0.64 / 0.68]])


def model_and_params(cell: str, V: int = 65, H: int = 16, dtype=np.float32):
    model = CharModel(V, (CELLS[cell](H),) * 2)
    params = model.init(5, Default(), np.dtype(dtype))
    params.flat *= 4.0
    return model, params


def texts(model, params, count: int, n: int = 60, **options) -> np.ndarray:
    drawn = islice(generate(model, params, np.array([3, 1, 4]), count=count, **options), n)
    return np.stack([one.ids for one in drawn], axis=1)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("V", "H"), [(65, 16), (64, 32), (97, 100), (300, 128)])
def test_sample_k_does_not_depend_on_how_many_are_drawn(cell: str, V: int, H: int) -> None:
    model, params = model_and_params(cell, V, H)
    many = texts(model, params, 33)
    assert len(np.unique(many, axis=0)) == 33
    for count in (1, 2, 3, 4, 5, 16):
        np.testing.assert_array_equal(texts(model, params, count), many[:count])


def test_the_seed_decides() -> None:
    model, params = model_and_params("gru")
    np.testing.assert_array_equal(texts(model, params, 2, seed=7), texts(model, params, 2, seed=7))
    assert np.any(texts(model, params, 2, seed=7) != texts(model, params, 2, seed=8))


def test_what_must_never_be_drawn_is_not() -> None:
    model, params = model_and_params("rnn", V=5)
    params["head.by"][2] = 50.0
    assert np.all(texts(model, params, 1) == 2)
    assert np.all(texts(model, params, 4, never=2) != 2)
    greedy = texts(model, params, 1, never=2, filters=[TopK(1)])
    assert np.all(greedy != 2)


def test_the_log_probability_is_the_models_own() -> None:
    model, params = model_and_params("lstm", dtype=np.float64)
    prime = np.array([3, 1, 4])
    drawn = list(islice(generate(model, params, prime, filters=[Temperature(0.3), TopK(2)]), 20))
    ids = np.concatenate([prime, [one.ids[0] for one in drawn]])
    tape = model.tape(len(ids), 1, params.flat.dtype)
    model.prepare(params, tape)
    model.forward(params, ids[:, None], model.initial_state(params, 1), tape)
    log_p = np.log(probabilities(tape.logits[:, 0].copy()))
    expected = [log_p[t, ids[t + 1]] for t in range(2, len(ids) - 1)]
    np.testing.assert_allclose([one.log_p[0] for one in drawn], expected, rtol=1e-9)


def test_draws_follow_the_distribution() -> None:
    model, params = model_and_params("rnn", V=4, H=4)
    params.flat[...] = 0.0
    params["head.by"][...] = np.log([0.1, 0.2, 0.3, 0.4])
    ids = texts(model, params, 16, n=500)
    shares = np.bincount(ids.ravel(), minlength=4) / ids.size
    np.testing.assert_allclose(shares, [0.1, 0.2, 0.3, 0.4], atol=0.02)


@pytest.mark.parametrize("length", [1, 63, 64, 65, 200])
def test_a_prime_of_any_length_is_read_whole(length: int) -> None:
    model, params = model_and_params("gru", V=7, H=8, dtype=np.float64)
    prime = np.random.default_rng(0).integers(7, size=length)
    first = next(generate(model, params, prime, filters=[TopK(1)]))
    tape = model.tape(length, 1, params.flat.dtype)
    model.prepare(params, tape)
    model.forward(params, prime[:, None], model.initial_state(params, 1), tape)
    assert first.ids[0] == tape.logits[-1, 0].argmax()
