"""A run that is stopped, written to a file, read and resumed ends with the very same bytes.

One rich network is stopped at every question that a run asks: before its first step, after each
step, in the middle of an epoch and at its end, and in the middle of an evaluation; by one and by
three ranks, of which any may be the one that is asked to stop. Every cell, optimizer and schedule
of the tables is stopped in the middle of an epoch, of an evaluation and at an epoch's end.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn.nn.cells import Cell, Lstm, Rnn
from charrnn.nn.initializers import Default
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.model import CharModel
from charrnn.optim import OPTIMIZERS, SCHEDULES
from charrnn.runs.checkpoints import read_checkpoint
from charrnn.storage.checkpoint import write_checkpoint
from charrnn.text.batches import Batches
from charrnn.text.part import Part
from charrnn.text.text_part import TextPart
from charrnn.training.events import Finished
from charrnn.training.loop import train
from charrnn.training.plan import Limits, Plan
from charrnn.training.snapshot import state_from, to_arrays, to_counters
from charrnn.training.state import TrainState
from tests.contracts.networks import EVERY_CELL, label
from tests.grid import thinned
from tests.plans import after_questions, never
from tests.saved import contents, save
from tests.team import InThreads, together

V = 4
STEPS = 12
QUESTIONS = range(1, 20)
MOMENTS = (7, 8, 6)  # within an epoch, within an evaluation, and where the next epoch begins
RICH = Lstm(3, peephole=True, layer_norm=True)
Stop = Callable[[], bool]


def part(n: int, seed: int) -> Part:
    ids = np.random.default_rng(seed).integers(V, size=n).astype(np.uint8)
    return TextPart(ids, np.arange(V))


def plan(
    cell: Cell, *, rich: bool = False, optimizer: str = "momentum", schedule: str = "cosine"
) -> Plan:
    """Three epochs of four chunks, with an evaluation after every third step."""
    rates = (
        DropoutRates(hidden=0.2, output=0.2, recurrent=0.2, zoneout=0.1) if rich else DropoutRates()
    )
    return Plan(
        model=CharModel(V, (cell,) * (1 + rich), dropout=rates, learn_initial_state=rich),
        optimizer=OPTIMIZERS[optimizer](learning_rate=0.05),
        schedule=SCHEDULES[schedule](),
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


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    values, _ = contents(save(tmp_path_factory.mktemp("header") / "some.npz"))
    return {name: values[name] for name in ("config", "vocabulary", "corpus_sha256")}


@pytest.fixture
def assert_resumed(header: dict[str, Any], tmp_path: Path) -> Callable[..., None]:
    """Stop a run at each question, write and read its state, and let it end."""

    def check(p: Plan, questions: Sequence[int], ranks: int = 1) -> None:
        whole = as_bytes(run(p, ranks, lambda: begin(p), never, 0))
        for question in questions:
            path = tmp_path / f"{question}.npz"
            first = run(p, ranks, lambda: begin(p), after_questions(question), question % ranks)
            write_checkpoint(path, {**to_counters(first), **header}, to_arrays(first))
            second = run(p, ranks, partial(restored, p, path), never, 0)
            assert as_bytes(second) == whole, f"stopped at question {question}"

    return check


def restored(p: Plan, path: Path) -> TrainState:
    values, arrays = read_checkpoint(path)
    return state_from(dict(arrays), values, p.model, p.optimizer)


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_a_run_that_is_stopped_anywhere_resumes_to_the_same_bytes(
    ranks: int, assert_resumed: Callable[..., None]
) -> None:
    p = plan(RICH, rich=True, optimizer="adam", schedule="plateau")
    assert_resumed(p, thinned(QUESTIONS, MOMENTS) if ranks == 2 else QUESTIONS, ranks)


@pytest.mark.parametrize("cell", EVERY_CELL, ids=label)
def test_every_cell_resumes_to_the_same_bytes(
    cell: Cell, assert_resumed: Callable[..., None]
) -> None:
    assert_resumed(plan(cell), thinned(QUESTIONS, MOMENTS))
    for ranks in thinned([1, 2, 3], []):
        assert_resumed(plan(cell, rich=True), QUESTIONS, ranks)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_resumes_to_the_same_bytes(
    optimizer: str, assert_resumed: Callable[..., None]
) -> None:
    assert_resumed(plan(Rnn(3), optimizer=optimizer), thinned(QUESTIONS, MOMENTS))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_resumes_to_the_same_bytes(
    schedule: str, assert_resumed: Callable[..., None]
) -> None:
    assert_resumed(plan(Rnn(3), schedule=schedule), thinned(QUESTIONS, MOMENTS))


def test_the_stops_are_everywhere() -> None:
    """Before the first step, at every step of an epoch, in evaluations, and after the end."""
    p = plan(Rnn(3))
    assert p.batches.chunks == 4
    ends = [run(p, 1, lambda: begin(p), after_questions(n), 0) for n in QUESTIONS]
    assert {state.step for state in ends} == set(range(STEPS + 1))
    assert {state.carry is None for state in ends} == {True, False}
    assert any(state.evaluated_step < state.step and state.step % 3 == 0 for state in ends)
    assert as_bytes(ends[-1]) == as_bytes(run(p, 1, lambda: begin(p), never, 0))


def test_the_moments_are_what_they_are_called() -> None:
    p = plan(Rnn(3))
    within, evaluating, next_epoch = (
        run(p, 1, lambda: begin(p), after_questions(n), 0) for n in MOMENTS
    )
    assert within.step % p.batches.chunks
    assert within.evaluated_step == within.step - within.step % 3
    assert evaluating.step % 3 == 0
    assert evaluating.evaluated_step < evaluating.step
    assert next_epoch.carry is None
    assert next_epoch.step % p.batches.chunks == 0
