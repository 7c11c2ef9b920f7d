"""The training loop and evaluation, on ids alone: no file, no config."""

import math
from itertools import count

import numpy as np
import pytest

from charrnn.nn.cells import Gru, Lstm
from charrnn.nn.initializers import Default
from charrnn.nn.model import CharModel
from charrnn.optim import OPTIMIZERS, SCHEDULES
from charrnn.text import tracks
from charrnn.training import loop
from charrnn.training.evaluate import Evaluation
from charrnn.training.events import Evaluated, Evaluating, Finished, Stepped
from charrnn.training.loop import train
from charrnn.training.plan import Limits
from tests.plans import FLOAT64, V, begin, loss_of_one_pass, never, part, plan
from tests.reading import loss_of


def test_a_pattern_is_learnt() -> None:
    p = plan(limits=Limits(max_steps=150), eval_every=50)
    events = list(train(p, begin(p), never))
    losses = [e.loss for e in events if isinstance(e, Stepped)]
    assert losses[0] == pytest.approx(math.log(V), abs=0.3)
    assert losses[-1] < 1.1
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "max_steps"


def test_the_events_of_a_run_and_their_order() -> None:
    p = plan(limits=Limits(max_steps=7))
    told = [e for e in train(p, begin(p), never) if not isinstance(e, Evaluating)]
    kinds = [type(e).__name__ for e in told]
    assert kinds[:8] == ["Stepped"] * 5 + ["Evaluated"] + ["Stepped"] * 2
    assert kinds[8:] == ["Ending", "Evaluated", "Evaluated", "Finished"]
    val, last, test = (e for e in told if isinstance(e, Evaluated))
    assert (val.step, val.split, val.best) == (5, "val", True)
    assert (last.step, last.split) == (7, "val")
    assert test.split == "test"
    finished = told[-1]
    assert finished.best_loss == min(val.loss, last.loss)
    assert finished.best_step == test.step


@pytest.mark.parametrize(
    ("limits", "reason", "step"),
    [
        (Limits(max_steps=3), "max_steps", 3),
        (Limits(max_epochs=1), "max_epochs", 15),
        (Limits(max_epochs=0.5), "max_epochs", 8),
        (Limits(max_steps=9, max_epochs=0.5), "max_epochs", 8),
    ],
)
def test_the_first_limit_ends_the_run(limits: Limits, reason: str, step: int) -> None:
    p = plan(limits=limits)
    assert p.batches.chunks == 15
    *_, last = train(p, begin(p), never)
    assert (last.reason, last.step) == (reason, step)


def test_minutes_end_the_run_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "perf_counter", count().__next__)
    p = plan(limits=Limits(max_minutes=2))
    *_, last = train(p, begin(p), never)
    assert last.reason == "max_minutes"
    assert 120 <= last.seconds < 130
    assert last.step > 20


def test_patience_counts_evaluations_without_a_better_one() -> None:
    p = plan(
        limits=Limits(patience=3),
        eval_every=1,
        optimizer=OPTIMIZERS["sgd"](learning_rate=1e-12),
        val=part(100, seed=1),
    )
    state = begin(p)
    state.keep_best_(0.1)
    *_, last = train(p, state, never)
    assert (last.reason, last.step, last.best_loss) == ("patience", 3, 0.1)


def test_without_a_validation_part_the_last_weights_are_the_best() -> None:
    p = plan(val=None, limits=Limits(max_steps=4))
    state = begin(p)
    events = list(train(p, state, never))
    assert [e.split for e in events if isinstance(e, Evaluated)] == ["test"]
    assert events[-1].best_loss is None
    np.testing.assert_array_equal(state.best.flat, state.params.flat)


def test_the_state_is_forgotten_where_an_epoch_begins() -> None:
    p = plan(limits=Limits(max_epochs=2))
    state = begin(p)
    for event in train(p, state, never):
        if isinstance(event, Stepped):
            assert (state.carry is None) == (event.step % p.batches.chunks == 0)


def test_the_schedule_spans_the_limit_that_is_given() -> None:
    rates = {}
    for limits in (Limits(max_steps=30), Limits(max_epochs=2)):
        p = plan(limits=limits, schedule=SCHEDULES["cosine"](warmup=0.0))
        rates[limits] = [
            e.learning_rate for e in train(p, begin(p), never) if isinstance(e, Stepped)
        ]
    by_steps, by_epochs = rates.values()
    np.testing.assert_allclose(by_steps, by_epochs)
    assert by_steps[0] == pytest.approx(0.02, rel=0.01)
    assert by_steps[-1] < 0.0002


def test_what_diverges_changes_nothing() -> None:
    p = plan(optimizer=OPTIMIZERS["sgd"](learning_rate=1e308), clip_norm=None)
    state = begin(p)
    events = list(train(p, state, never))
    assert events[-1].reason == "diverged"
    assert state.step == events[-1].step
    assert np.isfinite(state.params.flat).all()
    assert not any(isinstance(e, Evaluated) and not math.isfinite(e.loss) for e in events)


def test_dropout_is_another_draw_at_every_step() -> None:
    p = plan(dropout=0.5, optimizer=OPTIMIZERS["sgd"](learning_rate=1e-300), n=41)
    losses = {e.loss for e in train(p, begin(p), never) if isinstance(e, Stepped)}
    assert len(losses) == 20


@pytest.mark.parametrize("n", [2, 3, 64, 65, 66, 700])
def test_a_short_text_is_evaluated_in_one_exact_pass(n: int) -> None:
    model = CharModel(V, (Gru(5),), learn_initial_state=True)
    params = model.init(1, Default(), FLOAT64)
    params.flat += 0.1
    assert loss_of(model, params, part(n)) == pytest.approx(
        loss_of_one_pass(model, params, part(n).codes)
    )


def test_tracks_side_by_side_give_the_loss_of_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "WARM_UP", 128)
    monkeypatch.setattr(tracks, "MIN_TRACK", 512)
    model = CharModel(V, (Lstm(6),))
    params = model.init(1, Default(), FLOAT64)
    for n in (1025, 1030, 3000):
        assert sum(stream.tracks for stream in part(n).streams()) > 1
        exact = loss_of_one_pass(model, params, part(n).codes)
        assert loss_of(model, params, part(n)) == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize("n", [2, 100, 5000, 20_001])
def test_every_character_but_the_first_is_predicted_once(n: int) -> None:
    model = CharModel(V, (Gru(3),))
    one = Evaluation(model, model.init(1, Default(), FLOAT64), part(n))
    done = list(one)
    assert done[-1] == n - 1
    assert done == sorted(done)


def test_evaluation_does_not_disturb_training() -> None:
    often, never_ = plan(eval_every=1), plan(eval_every=1000)
    a, b = begin(often), begin(never_)
    list(train(often, a, never))
    list(train(never_, b, never))
    np.testing.assert_array_equal(a.params.flat, b.params.flat)
