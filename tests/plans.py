"""Small plans of training, on ids alone: no file, no config."""

import math
from itertools import count, pairwise

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.nn.cells import Lstm
from charrnn.nn.initializers import Default
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.optim import OPTIMIZERS, SCHEDULES
from charrnn.text.batches import Batches
from charrnn.text.text_part import TextPart
from charrnn.training.plan import Limits, Plan
from charrnn.training.snapshot import to_arrays, to_counters
from charrnn.training.state import TrainState

V = 6
FLOAT64 = np.dtype(np.float64)


def part(n: int, seed: int = 0) -> TextPart:
    """A text with a pattern in it: most steps go one up, some go anywhere."""
    rng = np.random.default_rng(seed)
    jumps = np.where(rng.random(n) < 0.8, 1, rng.integers(V, size=n))
    return TextPart((np.cumsum(jumps) % V).astype(np.uint8), np.arange(V))


def plan(*, n: int = 600, dropout: float = 0.0, **changes) -> Plan:
    model = CharModel(V, (Lstm(8), Lstm(8)), dropout=DropoutRates(hidden=dropout, output=dropout))
    fields = {
        "model": model,
        "optimizer": OPTIMIZERS["adam"](learning_rate=0.02),
        "schedule": SCHEDULES["constant"](),
        "batches": Batches(part(n), 4, 10),
        "val": part(100, seed=1),
        "test": part(80, seed=2),
        "limits": Limits(max_steps=20),
        "eval_every": 5,
        "clip_value": None,
        "clip_norm": 5.0,
        "seed": 3,
    }
    return Plan(**fields | changes)


def begin(p: Plan, dtype=FLOAT64) -> TrainState:
    return TrainState.begin(p.model.init(p.seed, Default(), dtype), p.optimizer)


def never() -> bool:
    return False


def after_questions(n: int):
    """A stop() that says yes from the n-th time it is asked."""
    asked = count(1)
    return lambda: next(asked) >= n


def assert_same(a: TrainState, b: TrainState) -> None:
    assert to_counters(a) == to_counters(b)
    left, right = to_arrays(a), to_arrays(b)
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


def loss_of_one_pass(model: CharModel, params: Params, ids: Ids) -> float:
    """The mean loss in nats by its definition: one track, one step at a time, no cut anywhere."""
    tape = model.tape(1, 1, params.flat.dtype)
    model.prepare(params, tape)
    state = model.initial_state(params, 1)
    total = 0.0
    for now, following in pairwise(ids):
        state = model.forward(params, np.array([[now]]), state, tape)
        logits = tape.logits[0, 0].astype(np.float64)
        total += math.log(np.exp(logits - logits[following]).sum())
    return total / (len(ids) - 1)
