"""Every rule in OPTIMIZERS and every schedule in SCHEDULES keeps its contract."""

import dataclasses
import math

import numpy as np
import pytest

from charrnn.nn.params import Params
from charrnn.optim import OPTIMIZERS, SCHEDULES, Moment, clip_, new_scratch, new_slots, step_
from charrnn.optim.rules import SLICE
from tests import naive

SHAPES = {"W": (37, 11), "b": (11,), "U": (5, 3)}
EVERY_RULE = pytest.mark.parametrize("name", OPTIMIZERS)


def random_params(seed: int, shapes=SHAPES) -> Params:
    p = Params.zeros(shapes, np.dtype(np.float64))
    p.flat[...] = np.random.default_rng(seed).normal(size=p.flat.shape)
    return p


def run(rule, steps: int, shapes=SHAPES, lr: float = 0.01) -> Params:
    p = random_params(0, shapes)
    slots = new_slots(rule, p)
    for t in range(1, steps + 1):
        step_(rule, p, random_params(t, shapes), slots, new_scratch(p), lr=lr, t=t)
    return p


@EVERY_RULE
def test_a_rule_is_its_published_formula(name: str) -> None:
    rule = OPTIMIZERS[name]()
    grads = [random_params(t) for t in range(1, 6)]
    after = run(rule, steps=5)
    for key, shape in SHAPES.items():
        expected = naive.RULES[name](
            random_params(0)[key],
            [g[key] for g in grads],
            lr=0.01,
            is_matrix=len(shape) > 1,
            **dataclasses.asdict(rule),
        )
        np.testing.assert_allclose(after[key], expected, rtol=1e-12, atol=1e-14)


@EVERY_RULE
def test_slices_of_the_vector_are_stepped_alike(name: str) -> None:
    long = {"W": (SLICE + 100, 2), "b": (3,)}
    after = run(OPTIMIZERS[name](), steps=3, shapes=long)
    first = random_params(0, long)
    assert not np.any(after.flat == first.flat)
    row = {"W": (1, 2), "b": (3,)}
    p, slots = Params.zeros(row, np.dtype(np.float64)), None
    p["W"][0] = first["W"][-1]
    slots = new_slots(OPTIMIZERS[name](), p)
    for t in (1, 2, 3):
        g = p.like()
        g["W"][0] = random_params(t, long)["W"][-1]
        step_(OPTIMIZERS[name](), p, g, slots, new_scratch(p), lr=0.01, t=t)
    np.testing.assert_allclose(after["W"][-1], p["W"][0], rtol=1e-13)


@EVERY_RULE
def test_a_rule_keeps_float32(name: str) -> None:
    p = Params.zeros(SHAPES, np.dtype(np.float32))
    g = p.like()
    g.flat[...] = 1.0
    slots = new_slots(OPTIMIZERS[name](), p)
    step_(OPTIMIZERS[name](), p, g, slots, new_scratch(p), lr=0.5, t=1)
    assert p.flat.dtype == np.float32
    assert all(slot.dtype == np.float32 for slot in slots.values())
    assert np.all(p.flat < 0)


@EVERY_RULE
def test_a_rule_finds_the_bottom_of_a_bowl(name: str) -> None:
    rule = OPTIMIZERS[name]()
    p = random_params(0)
    slots = new_slots(rule, p)
    for t in range(1, 801):
        g = p.copy()
        step_(rule, p, g, slots, new_scratch(p), lr=0.5 if name == "adagrad" else 0.02, t=t)
    assert np.abs(p.flat).max() < 0.05


def test_weight_decay_spares_vectors() -> None:
    rule = OPTIMIZERS["adamw"](weight_decay=0.5)
    p = random_params(0)
    before = p.copy()
    step_(rule, p, p.like(), new_slots(rule, p), new_scratch(p), lr=0.1, t=1)
    np.testing.assert_array_equal(p["b"], before["b"])
    np.testing.assert_allclose(p["W"], before["W"] * 0.95, rtol=1e-14)


def at(progress: float, epoch: float = 0.0, step: float = 0.0, drops: int = 0) -> Moment:
    return Moment(progress, epoch, step, drops)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_never_leaves_zero_to_one(name: str) -> None:
    schedule = SCHEDULES[name]()
    for k in range(101):
        assert 0.0 <= schedule.factor(at(k / 100, k / 10, k, k // 30)) <= 1.0


def test_constant_step_and_exponential_by_hand() -> None:
    assert SCHEDULES["constant"]().factor(at(0.7, 12.0)) == 1.0
    step = SCHEDULES["step"](every=2, gamma=0.5, start=1)
    factors = [step.factor(at(0, epoch)) for epoch in (0, 0.99, 2.9, 3.0, 4.99, 5.0)]
    assert factors == [1, 1, 1, 0.5, 0.5, 0.25]
    exponential = SCHEDULES["exponential"](final=0.01)
    assert exponential.factor(at(0.5, 0)) == pytest.approx(0.1)
    assert exponential.factor(at(1.0, 0)) == pytest.approx(0.01)


def test_cosine_rises_then_falls() -> None:
    cosine = SCHEDULES["cosine"](warmup=0.1, final=0.2)
    assert cosine.factor(at(0.05, 0)) == pytest.approx(0.5)
    assert cosine.factor(at(0.1, 0)) == pytest.approx(1.0)
    assert cosine.factor(at(0.55, 0)) == pytest.approx(0.6)
    assert cosine.factor(at(1.0, 0)) == pytest.approx(0.2)


def test_the_inverse_square_root_rises_to_one_and_falls() -> None:
    schedule = SCHEDULES["inverse_sqrt"](warmup=100)
    factors = [schedule.factor(at(0, step=step)) for step in (0, 50, 100, 400, 10_000)]
    assert factors == pytest.approx([0.0, 0.5, 1.0, 0.5, 0.1])


def test_a_plateau_is_patient_and_then_falls_again_and_again() -> None:
    schedule = SCHEDULES["plateau"](gamma=0.5, patience=3)
    assert [schedule.drops_after(n) for n in range(8)] == [0, 0, 0, 1, 0, 0, 1, 0]
    assert [schedule.factor(at(0, drops=drops)) for drops in range(3)] == [1.0, 0.5, 0.25]


def test_clipping_by_norm_keeps_the_direction() -> None:
    g = random_params(3)
    before = g.copy()
    length = float(np.linalg.norm(before.flat))
    assert clip_(g, value=None, norm=1.5) == (pytest.approx(length), True)
    np.testing.assert_allclose(g.flat, before.flat * 1.5 / length)


def test_clipping_leaves_a_short_gradient_alone() -> None:
    g = random_params(3)
    before = g.copy()
    clip_(g, value=100.0, norm=1e6)
    np.testing.assert_array_equal(g.flat, before.flat)


def test_clipping_by_value_comes_before_the_norm() -> None:
    g = random_params(3)
    before = g.copy()
    clip_(g, value=0.3, norm=0.5)
    clipped = np.clip(before.flat, -0.3, 0.3)
    np.testing.assert_allclose(g.flat, clipped * 0.5 / np.linalg.norm(clipped))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_clipping_tells_of_what_is_not_finite(bad: float) -> None:
    g = random_params(3)
    g.flat[7] = bad
    with np.errstate(invalid="ignore"):
        assert not math.isfinite(clip_(g, value=None, norm=5.0).norm)
