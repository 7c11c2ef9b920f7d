"""What a run does when its numbers cease to be finite, and what it says of it."""

import math

import numpy as np
import pytest

from charrnn.nn.cells import Rnn
from charrnn.nn.layers.noise import NoiseKey
from charrnn.nn.model import CharModel
from charrnn.optim import OPTIMIZERS
from charrnn.parallel.base import SOLO
from charrnn.training.events import Evaluated, Finished, NotFinite, Stepped
from charrnn.training.loop import train
from charrnn.training.message import Message
from charrnn.training.plan import Limits, Plan
from charrnn.training.recovery import first_not_finite
from charrnn.training.snapshot import state_from, to_arrays, to_counters
from charrnn.training.state import TrainState
from tests.plans import FLOAT64, V, after_questions, assert_same, begin, never, plan


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch):
    """To make the steps of which `when(step)` is true give a gradient that is not finite."""
    honest = CharModel.loss_and_grads

    def spoil_(when) -> None:
        def spoilt(self, p, grads, chunk, state, tape, noise: NoiseKey):
            result = honest(self, p, grads, chunk, state, tape, noise)
            if when(noise.step):
                grads["layers.1.Wh"][0, 0] = math.inf
                grads["layers.0.b"][1] = math.nan
            return result

        monkeypatch.setattr(CharModel, "loss_and_grads", spoilt)

    return spoil_


def events_of(p: Plan, state: TrainState, stop=never) -> list:
    return list(train(p, state, stop))


def test_stop_leaves_the_state_before_the_step_and_names_the_gradient(spoil) -> None:
    before = begin(plan(limits=Limits(max_steps=7)))
    events_of(plan(limits=Limits(max_steps=7), val=None), before)
    spoil(lambda step: step == 7)
    p, state = plan(), begin(plan())
    *_, trouble, end = events_of(p, state)
    assert trouble == NotFinite(8, "the gradient of layers.1.Wh", "stop", 7)
    assert (end.reason, end.step) == ("diverged", 7)
    np.testing.assert_array_equal(state.params.flat, before.params.flat)


def test_skip_goes_on_with_the_next_chunk(spoil) -> None:
    spoil(lambda step: step in (3, 7))
    p = plan(on_nonfinite="skip")
    state = begin(p)
    events = events_of(p, state)
    assert [e for e in events if isinstance(e, NotFinite)] == [
        NotFinite(step + 1, "the gradient of layers.1.Wh", "skip", step + 1) for step in (3, 7)
    ]
    assert [e.step for e in events if isinstance(e, Stepped)] == [
        step for step in range(1, 21) if step not in (4, 8)
    ]
    assert (events[-1].reason, state.skips) == ("max_steps", 0)


@pytest.mark.parametrize("limit", [0, 1, 4])
def test_skips_in_a_row_come_to_an_end(spoil, limit: int) -> None:
    spoil(lambda step: step >= 6)
    p = plan(on_nonfinite="skip", max_recoveries=limit)
    state = begin(p)
    *_, end = events_of(p, state)
    assert (end.reason, end.step) == ("diverged", 6 + limit)
    assert np.isfinite(state.params.flat).all()


def test_rollback_comes_back_to_the_last_evaluation_with_half_the_rate(spoil) -> None:
    p = plan(on_nonfinite="rollback")
    state = begin(p)
    spoil(lambda step: step == 8 and state.rollbacks < 2)
    seen, at_5 = [], []
    for event in train(p, state, never):
        seen.append(event)
        if isinstance(event, NotFinite) or (isinstance(event, Evaluated) and event.step == 5):
            at_5.append(to_arrays(state.copy()))
    assert [e for e in seen if isinstance(e, NotFinite)] == [
        NotFinite(9, "the gradient of layers.1.Wh", "rollback", 5)
    ] * 2
    for name in at_5[0]:
        np.testing.assert_array_equal(at_5[0][name], at_5[1][name], err_msg=name)
        np.testing.assert_array_equal(at_5[0][name], at_5[2][name], err_msg=name)
    rates = [e.learning_rate for e in seen if isinstance(e, Stepped)]
    assert rates == [0.02] * 8 + [0.01] * 3 + [0.005] * 15
    assert seen[-1].reason == "max_steps"


def test_rollbacks_come_to_an_end(spoil) -> None:
    spoil(lambda step: step == 8)
    p = plan(on_nonfinite="rollback", max_recoveries=3)
    state = begin(p)
    *_, end = events_of(p, state)
    assert (end.reason, state.rollbacks, end.step) == ("diverged", 3, 8)


@pytest.mark.parametrize("policy", ["skip", "rollback"])
@pytest.mark.parametrize("stop_at", [1, 3, 8, 9, 10, 11, 15, 20, 24])
def test_a_run_that_recovered_may_be_stopped_anywhere(spoil, policy: str, stop_at: int) -> None:
    """From its last evaluation on, that is; before it a rollback would end elsewhere."""
    p = plan(on_nonfinite=policy, eval_every=1 if policy == "rollback" else 5)

    def run(stop, state: TrainState) -> TrainState:
        spoil(lambda step: step == 8 and state.rollbacks == 0)
        events_of(p, state, stop)
        return state

    whole = run(never, begin(p))
    first = run(after_questions(stop_at), begin(p))
    second = state_from(to_arrays(first), to_counters(first), p.model, p.optimizer)
    assert_same(whole, run(never, second))


def test_a_step_that_would_ruin_the_weights_is_told_of_in_that_step() -> None:
    state = begin(plan(), np.dtype(np.float32))
    p = plan(optimizer=OPTIMIZERS["sgd"](learning_rate=1e45), clip_norm=1.0)
    trouble, end = events_of(p, state)
    assert (trouble.step, trouble.then, end.step) == (1, "stop", 0)
    assert trouble.what.startswith("the weight ")


@pytest.mark.parametrize(
    ("weight", "value", "said"),
    [
        ("layers.1.Wh", math.nan, "the weight layers.1.Wh"),
        ("layers.1.b", 1e308, "the state of layer 1"),
        ("head.by", -1e308, "the loss"),
    ],
)
def test_the_first_array_that_is_not_finite_is_named(weight: str, value: float, said: str) -> None:
    relu = Rnn(8, activation="relu")
    p = plan(model=CharModel(V, (relu, relu)), clip_norm=None)
    state = begin(p)
    state.params["layers.1.Wh"][...] = 2.0
    state.params[weight][...] = value
    if weight == "head.by":
        state.params[weight][0] = 1e308
    trouble, _ = events_of(p, state)
    assert trouble.what == said


def test_gradients_are_named_from_the_loss_downwards() -> None:
    p = plan()
    state = begin(p)
    message = Message(state.params.shapes, p.model.cells, 4, FLOAT64, SOLO)
    message.vector[...] = 0.0
    assert first_not_finite(message, state.params) == "the norm of the gradient"
    for name in message.grads:
        message.grads[name].flat[0] = math.nan
        assert first_not_finite(message, state.params) == f"the gradient of {name}"


def test_an_evaluation_that_is_not_finite_rolls_back_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from charrnn.training.evaluate import Evaluation

    p = plan(on_nonfinite="rollback")
    state = begin(p)
    honest = Evaluation.loss.fget
    monkeypatch.setattr(
        Evaluation,
        "loss",
        property(
            lambda self: math.nan if state.step == 10 and not state.rollbacks else honest(self)
        ),
    )
    events = events_of(p, state)
    assert NotFinite(10, "the loss of the validation part", "rollback", 5) in events
    assert events[-1].reason == "max_steps"


def test_a_loss_that_rises_ends_nothing() -> None:
    p = plan(optimizer=OPTIMIZERS["sgd"](learning_rate=30.0), limits=Limits(max_steps=30))
    losses = [e.loss for e in events_of(p, begin(p)) if isinstance(e, Stepped)]
    assert len(losses) == 30
    assert max(losses) > 3 * losses[0]


def test_clipped_steps_are_counted() -> None:
    p = plan(clip_norm=0.2)
    state = begin(p)
    *events, end = events_of(p, state)
    cut = [e.clipped for e in events if isinstance(e, Stepped)]
    assert cut == [e.grad_norm > 0.2 for e in events if isinstance(e, Stepped)]
    assert 0 < sum(cut) < 20
    assert isinstance(end, Finished)
    assert end.clipped_share == sum(cut) / 20
