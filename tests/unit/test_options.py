"""What training may do beside the plain thing: averages, noise, plateaus, strides, records."""

import math
from dataclasses import replace

import numpy as np
import pytest

from charrnn.nn.cells import Gru, Lstm
from charrnn.nn.chunk import Chunk
from charrnn.nn.initializers import Default
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.nn.rng import stream
from charrnn.optim import OPTIMIZERS, SCHEDULES, add_noise_, average_, new_scratch
from charrnn.text.batches import Batches, BatchSizes
from charrnn.text.record_part import RecordPart
from charrnn.text.records import find_records
from charrnn.text.text_part import TextPart
from charrnn.training.dynamic import Adaptation, DynamicEvaluation
from charrnn.training.evaluate import Evaluation
from charrnn.training.events import Evaluated, Stepped
from charrnn.training.loop import train
from charrnn.training.plan import Limits, Plan
from charrnn.training.snapshot import state_from, to_arrays, to_counters
from charrnn.training.state import TrainState
from tests.plans import (
    FLOAT64,
    V,
    after_questions,
    assert_same,
    loss_of_one_pass,
    never,
    part,
    plan,
)
from tests.reading import loss_of
from tests.team import together


def records(n: int, seed: int = 0) -> RecordPart:
    """Lines of letters, each one up from the one before; 0 ends a line."""
    rng = np.random.default_rng(seed)
    lines = [
        [*(rng.integers(1, V) + np.arange(rng.integers(1, 9))) % (V - 1) + 1, 0] for _ in range(n)
    ]
    ids = np.concatenate(lines).astype(np.uint8)
    return RecordPart(ids, np.arange(V), find_records(ids, 0))


OPTIONS = {
    "average": {"average": 0.9},
    "gradient noise": {"gradient_noise": 0.001},
    "plateau": {"schedule": SCHEDULES["plateau"](patience=1), "eval_every": 2},
    "stride": {"batches": Batches(part(600), 4, 10, stride=3)},
    "true truncation": {"batches": Batches(part(100), 4, 10, stride=1)},
    "jitter": {"batches": Batches(part(600), 4, 10, jitter=0.5, seed=1)},
    "recompute": {"recompute": 4},
    "records": {
        "batches": records(60).batches(BatchSizes(4, 6, seed=1)),
        "val": records(20, 1),
        "test": records(20, 2),
    },
    "noise": {
        "model": CharModel(V, (Gru(6),) * 2, dropout=DropoutRates(0.1, 0.2, 0.2, 0.2, 0.2, 0.2))
    },
}
each_option = pytest.mark.parametrize("name", OPTIONS)


def begin(p: Plan) -> TrainState:
    params = p.model.init(p.seed, Default(), FLOAT64)
    return TrainState.begin(params, p.optimizer, averaging=p.average > 0)


@each_option
@pytest.mark.parametrize("stop_at", [1, 2, 3, 7, 12])
def test_a_run_that_is_stopped_goes_on_as_if_it_had_not_been(name: str, stop_at: int) -> None:
    p = plan(limits=Limits(max_steps=14), **OPTIONS[name])
    whole = begin(p)
    list(train(p, whole, never))
    first = begin(p)
    list(train(p, first, after_questions(stop_at)))
    second = state_from(to_arrays(first), to_counters(first), p.model, p.optimizer)
    list(train(p, second, never))
    assert_same(whole, second)


@each_option
@pytest.mark.parametrize("ranks", [2, 3])
def test_many_ranks_do_what_one_does(name: str, ranks: int) -> None:
    p = plan(limits=Limits(max_steps=12), **OPTIONS[name])

    def run(comm=None) -> tuple[TrainState, list]:
        state = begin(p)
        events = train(p, state, never) if comm is None else train(p, state, never, comm)
        return state, [e.loss for e in events if isinstance(e, Stepped | Evaluated)]

    alone, losses = run()
    for state, told in together(ranks, run):
        np.testing.assert_allclose(told, losses, rtol=1e-9)
        np.testing.assert_allclose(state.params.flat, alone.params.flat, rtol=1e-8, atol=1e-11)


@each_option
def test_it_learns(name: str) -> None:
    p = plan(**{"limits": Limits(max_steps=150), "eval_every": 60, **OPTIONS[name]})
    losses = [e.loss for e in train(p, begin(p), never) if isinstance(e, Stepped)]
    assert losses[0] == pytest.approx(math.log(V), abs=0.4)
    assert np.mean(losses[-9:]) < losses[0] - 0.1


def test_the_average_is_what_is_judged_and_kept() -> None:
    p = plan(limits=Limits(max_steps=10), eval_every=5, average=0.9)
    state = begin(p)
    val = [e for e in train(p, state, never) if isinstance(e, Evaluated) and e.split == "val"]
    assert state.average is not None
    assert val[-1].loss == loss_of(p.model, state.average, p.val)
    assert val[-1].loss != loss_of(p.model, state.params, p.val)
    arrays = to_arrays(state)
    np.testing.assert_array_equal(arrays["params/head.by"], state.average["head.by"])
    np.testing.assert_array_equal(arrays["raw/head.by"], state.params["head.by"])


def test_an_average_by_hand() -> None:
    p = Params(({"w": (1,)}), np.array([1.0]))
    average, scratch = p.copy(), new_scratch(p)
    for t, w in enumerate((2.0, 4.0), start=1):
        p.flat[0] = w
        average_(average, p, scratch, decay=0.25, t=t)
    first = 1.0 + (1 - 2 / 11) * (2.0 - 1.0)
    assert average.flat[0] == pytest.approx(first + (1 - 0.25) * (4.0 - first))


def test_gradient_noise_has_the_variance_that_it_says_and_dies_away() -> None:
    for t, eta in ((0, 0.3), (99, 0.3)):
        g = Params.zeros({"w": (100_000,)}, FLOAT64)
        add_noise_(g, new_scratch(g), stream(1, "test"), eta=eta, t=t)
        assert g.flat.var() == pytest.approx(eta / (1 + t) ** 0.55, rel=0.02)


def test_a_plateau_lowers_the_rate_while_nothing_gets_better() -> None:
    p = plan(
        limits=Limits(max_steps=7),
        eval_every=1,
        schedule=SCHEDULES["plateau"](gamma=0.1, patience=2),
    )
    state = begin(p)
    state.best_loss = 0.1  # which no evaluation will beat
    rates = [e.learning_rate for e in train(p, state, never) if isinstance(e, Stepped)]
    np.testing.assert_allclose(rates, 0.02 * 0.1 ** np.array([0, 0, 1, 1, 2, 2, 3]))


def test_records_are_evaluated_each_from_the_initial_state() -> None:
    model = CharModel(V, (Lstm(5),), learn_initial_state=True)
    p = model.init(1, Default(), FLOAT64)
    p.flat += 0.1
    text = records(150)
    total = 0.0
    for start, length in zip(text.records.starts, text.records.lengths, strict=True):
        line = np.array([0, *text.codes[start : start + length], 0], np.uint8)
        total += loss_of_one_pass(model, p, line) * (length + 1)
    assert loss_of(model, p, text) == pytest.approx(total / text.targets, rel=1e-12)
    done = list(Evaluation(model, p, text))
    assert done[-1] == text.targets
    assert done == sorted(done)


def test_dynamic_evaluation_is_its_formula() -> None:
    """Krause et al. (2018), eq. 4 to 6, one chunk after the other, with weights by name."""
    model = CharModel(V, (Gru(5),), label_smoothing=0.1)
    p = model.init(1, Default(), FLOAT64)
    mean_square = np.random.default_rng(0).uniform(0.01, 1.0, p.flat.shape)
    text, how = part(38), Adaptation(rate=0.01, decay=0.05, steps=7)
    found = DynamicEvaluation(model, p, text, mean_square, how)
    before = p.copy()
    assert list(found) == [7, 14, 21, 28, 35, 37]
    np.testing.assert_array_equal(p.flat, before.flat)

    plain = replace(model, label_smoothing=0.0)
    w, state, total = p.copy(), None, 0.0
    root = np.sqrt(mean_square)
    for start in range(0, 37, 7):
        ids = text.ids_at(np.arange(start, min(start + 7, 37) + 1)[:, None])
        n, g = len(ids) - 1, p.like()
        tape = plain.tape(n, 1, FLOAT64)
        loss, state = plain.loss_and_grads(w, g, Chunk(ids[:-1], ids[1:]), state, tape)
        total += loss * n
        pull = np.minimum(0.05 * root / root.mean(), 1.0)
        w.flat += pull * (p.flat - w.flat) - 0.01 * g.flat / (root + 0.05 * root.mean())
    assert found.loss == pytest.approx(total / 37, rel=1e-12)


def test_dynamic_evaluation_wins_on_a_text_that_is_not_that_of_the_training() -> None:
    p = plan(limits=Limits(max_steps=60))
    state = begin(p)
    list(train(p, state, never))
    other = TextPart(np.tile(np.array([5, 3, 1, 2], np.uint8), 200), np.arange(V))
    dynamic = DynamicEvaluation(
        p.model, state.params, other, state.slots["v"], Adaptation(rate=1e-3, decay=1e-3)
    )
    list(dynamic)
    assert dynamic.loss < loss_of(p.model, state.params, other) - 0.3


def test_the_identity_and_relu_are_the_irnn() -> None:
    from charrnn.nn.cells import Rnn
    from charrnn.nn.initializers import INITIALIZERS

    model = CharModel(V, (Rnn(6, activation="relu"),))
    p = model.init(1, INITIALIZERS["identity"](), FLOAT64)
    np.testing.assert_array_equal(p["layers.0.Wh"], np.eye(6))
    assert not p["layers.0.b"].any()


def test_gains_begin_at_one_and_peepholes_at_nothing() -> None:
    model = CharModel(V, (Lstm(6, peephole=True, layer_norm=True),) * 2)
    p = model.init(1, Default(), FLOAT64)
    for k in range(2):
        assert (p[f"layers.{k}.gh"] == 1.0).all()
        assert (p[f"layers.{k}.gx"] == 1.0).all()
        assert not any(p[f"layers.{k}.{name}"].any() for name in ("pi", "pf", "po"))
    assert OPTIMIZERS["adam"].mean_square == "v"
