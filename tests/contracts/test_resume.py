"""A run that is stopped, written to a file, read and gone on with ends with the very same bytes.

Every cell, stopped at every question that a run asks: before its first step, after each step, in
the middle of an epoch and at its end, and in the middle of an evaluation; by one, two and three
ranks, of which any may be the one that is told; plain, and with all that a run can carry along.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn.nn.cells import Cell, Gru, Lstm, Rnn
from charrnn.nn.initializers import Default
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.model import CharModel
from charrnn.optim import OPTIMIZERS, SCHEDULES
from charrnn.runs.checkpoints import read_checkpoint
from charrnn.storage.checkpoint import write_checkpoint
from charrnn.text.batches import Batches
from charrnn.text.part import Part
from charrnn.training.events import Finished
from charrnn.training.loop import train
from charrnn.training.plan import Limits, Plan
from charrnn.training.snapshot import state_from, to_arrays, to_counters
from charrnn.training.state import TrainState
from tests.saved import contents, save
from tests.team import InThreads, together
from tests.unit.test_training import after_questions, never

V = 4
STEPS = 12
CELLS: dict[str, Cell] = {
    "rnn": Rnn(3),
    "lstm": Lstm(3),
    "gru": Gru(3),
    "gru after": Gru(3, reset="after", layer_norm=True),
    "peephole": Lstm(3, peephole=True),
}
QUESTIONS = range(1, 20)
Stop = Callable[[], bool]


def part(n: int, seed: int) -> Part:
    ids = np.random.default_rng(seed).integers(V, size=n).astype(np.uint8)
    return Part(ids, np.arange(V))


def plan(cell: str, manner: str) -> Plan:
    """Three epochs of four chunks, with an evaluation after every third step."""
    rich = manner == "rich"
    rates = (
        DropoutRates(hidden=0.2, output=0.2, recurrent=0.2, zoneout=0.1) if rich else DropoutRates()
    )
    return Plan(
        model=CharModel(V, (CELLS[cell],) * (1 + rich), noise=rates, learn_initial_state=rich),
        optimizer=OPTIMIZERS["adam" if rich else "momentum"](learning_rate=0.05),
        schedule=SCHEDULES["plateau" if rich else "cosine"](),
        batches=Batches(part(44, 1), 3, 4, jitter=0.4 * rich, seed=3),
        val=part(9, 2),
        test=part(7, 3),
        limits=Limits(max_steps=STEPS),
        eval_every=3,
        clip_value=None,
        clip_norm=5.0,
        seed=3,
        average=0.5 * rich,
        gradient_noise=0.01 * rich,
    )


def begin(p: Plan) -> TrainState:
    params = p.model.init(p.seed, Default(), np.dtype(np.float32))
    return TrainState.begin(params, p.optimizer, averaging=p.average > 0)


def run(p: Plan, ranks: int, start: Callable[[], TrainState], stop: Stop, told: int) -> TrainState:
    """The state that a run ends with, the same on all ranks; the rank `told` asks `stop`."""

    def program(comm: InThreads | None) -> TrainState:
        state = start()
        mine = stop if comm is None or comm.rank == told else never
        *_, last = train(p, state, mine) if comm is None else train(p, state, mine, comm)
        assert isinstance(last, Finished)
        return state

    states = [program(None)] if ranks == 1 else together(ranks, program)
    assert all(as_bytes(state) == as_bytes(states[0]) for state in states[1:])
    return states[0]


def as_bytes(state: TrainState) -> tuple[dict[str, Any], dict[str, bytes]]:
    return to_counters(state), {name: a.tobytes() for name, a in to_arrays(state).items()}


@cache
def uninterrupted(cell: str, manner: str, ranks: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    p = plan(cell, manner)
    return as_bytes(run(p, ranks, lambda: begin(p), never, 0))


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    values, _ = contents(save(tmp_path_factory.mktemp("header") / "some.npz"))
    return {name: values[name] for name in ("config", "vocabulary", "corpus_sha256")}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("manner", ["plain", "rich"])
@pytest.mark.parametrize("ranks", [1, 2, 3])
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_run_that_is_stopped_anywhere_goes_on_as_if_it_had_not_been(
    cell: str, manner: str, ranks: int, question: int, header: dict[str, Any], tmp_path: Path
) -> None:
    p, path = plan(cell, manner), tmp_path / "last.npz"
    first = run(p, ranks, lambda: begin(p), after_questions(question), question % ranks)
    write_checkpoint(path, {**to_counters(first), **header}, to_arrays(first))
    values, arrays = read_checkpoint(path)

    def resumed() -> TrainState:
        own = {name: a.copy() for name, a in arrays.items()}
        return state_from(own, values, p.model, p.optimizer)

    second = run(p, ranks, resumed, never, 0)
    assert as_bytes(second) == uninterrupted(cell, manner, ranks)


def test_the_stops_are_everywhere() -> None:
    """Before the first step, at every step of an epoch, in evaluations, and after the end."""
    p = plan("rnn", "plain")
    assert p.batches.chunks == 4
    ends = [run(p, 1, lambda: begin(p), after_questions(n), 0) for n in QUESTIONS]
    assert {state.step for state in ends} == set(range(STEPS + 1))
    assert {state.carry is None for state in ends} == {True, False}
    assert any(state.evaluated_step < state.step and state.step % 3 == 0 for state in ends)
    assert as_bytes(ends[-1]) == uninterrupted("rnn", "plain", 1)
