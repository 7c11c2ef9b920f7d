"""Many ranks do what one does: the same sums, masks, evaluations and stops."""

import os
from collections import defaultdict
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import WorkerLostError
from charrnn.nn.cells import Gru, Lstm, Rnn
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.model import CharModel
from charrnn.nn.rng import uniforms_
from charrnn.parallel.base import SOLO, share
from charrnn.parallel.launcher import launched
from charrnn.parallel.layout import Layout, layout_for, usable_cores
from charrnn.parallel.local import local_workers
from charrnn.parallel.threads import BLAS_THREADS, blas_threads
from charrnn.text.batches import Batches
from charrnn.training.evaluate import Evaluation
from charrnn.training.events import Evaluated, Finished, Stepped
from charrnn.training.loop import train
from charrnn.training.message import Message
from charrnn.training.plan import Limits
from tests.plans import FLOAT64, V, assert_same, begin, never, part, plan
from tests.team import together

FLOAT32 = np.dtype(np.float32)

NOISE = DropoutRates(0.1, 0.3, 0.3, 0.2, 0.2, 0.2)


def run(p, comm=SOLO, stop=never, dtype=FLOAT64, state=None):
    state = state or begin(p, dtype)
    return state, list(train(p, state, stop, comm))


@pytest.mark.parametrize("cell", [Lstm(8), Gru(8), Gru(8, reset="after"), Rnn(8)], ids=repr)
@pytest.mark.parametrize("ranks", [2, 3])
def test_fifty_steps_of_many_ranks_are_fifty_steps_of_one(cell, ranks: int) -> None:
    """Five tracks, which no number of ranks divides, and dropout, whose masks belong to tracks."""
    model = CharModel(V, (cell, cell), 4, dropout=NOISE, learn_initial_state=True)
    p = plan(model=model, batches=Batches(part(600), 5, 10), limits=Limits(max_steps=50))
    alone, events = run(p)
    results = together(ranks, lambda comm: run(p, comm))
    for state, theirs in results:
        np.testing.assert_allclose(state.params.flat, alone.params.flat, rtol=1e-10, atol=1e-12)
        for ours, other in zip(events, theirs, strict=True):
            assert type(ours) is type(other)
            if isinstance(ours, Stepped):
                assert other.loss == pytest.approx(ours.loss, rel=1e-10)
                assert other.grad_norm == pytest.approx(ours.grad_norm, rel=1e-9)
        for layer, layer_alone in zip(state.carry, alone.carry, strict=True):
            for a, b in zip(layer, layer_alone, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_every_rank_ends_with_the_same_bytes() -> None:
    states = [state for state, _ in together(3, lambda comm: run(plan(dropout=0.2), comm))]
    for state in states[1:]:
        assert_same(states[0], state)


def test_a_run_of_two_ranks_goes_on_with_three_and_with_one() -> None:
    whole, _ = run(plan(limits=Limits(max_steps=21)))
    p, q, r = (plan(limits=Limits(max_steps=n)) for n in (7, 14, 21))
    state, _ = together(2, lambda comm: run(p, comm))[0]
    state, _ = together(3, lambda comm: run(q, comm, state=copy_of(state, q)))[0]
    state, _ = run(r, state=state)
    np.testing.assert_allclose(state.params.flat, whole.params.flat, rtol=1e-10, atol=1e-12)
    assert state.best_step == whole.best_step


def copy_of(state, p):
    from charrnn.training.snapshot import state_from, to_arrays, to_counters

    arrays = {name: array.copy() for name, array in to_arrays(state).items()}
    return state_from(arrays, to_counters(state), p.model, p.optimizer)


@pytest.mark.parametrize("n", [100, 5_000, 150_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_evaluation_is_the_same_to_the_bit_whoever_shares_it(n: int, dtype) -> None:
    model = CharModel(V, (Lstm(8),))
    p = begin(plan(model=model), np.dtype(dtype)).params
    text = part(n)

    def loss(comm) -> tuple[float, list[int]]:
        evaluation = Evaluation(model, p, text, comm=comm)
        done = list(evaluation)
        return evaluation.loss, done

    alone, done = loss(SOLO)
    assert done[-1] == n - 1
    for ranks in (2, 3):
        for loss_, done_ in together(ranks, loss):
            assert loss_ == alone
            assert done_[-1] == n - 1
            assert done_ == sorted(done_)


@pytest.mark.parametrize("gathered", [0, 1])
@pytest.mark.parametrize("at", [1, 4, 9, 14])
def test_one_rank_that_is_told_to_stop_stops_all(gathered: int, at: int) -> None:
    def program(comm):
        asked = count(1)
        stop = (lambda: next(asked) >= at) if comm.rank == gathered else never
        return run(plan(), comm, stop)

    ends = [events[-1] for _, events in together(2, program)]
    assert all(isinstance(end, Finished) and end.reason == "interrupted" for end in ends)
    assert ends[0].step == ends[1].step < 20


def test_a_limit_of_time_is_reached_by_all_at_the_same_step() -> None:
    p = plan(limits=Limits(max_minutes=0.2 / 60))
    ends = [(events[-1].step, state.seconds) for state, events in together(3, lambda c: run(p, c))]
    assert len(set(ends)) == 1


def test_a_diverging_run_ends_alike_everywhere() -> None:
    def program(comm):
        p, _ = plan(), None
        state = begin(p)
        state.params.flat[...] = np.nan
        return run(p, comm, state=state)

    for _, events in together(2, program):
        assert events[-1].reason == "diverged"
        assert not any(isinstance(event, Stepped | Evaluated) for event in events)


def test_a_message_adds_and_collects() -> None:
    model = CharModel(V, (Lstm(3), Lstm(3)))

    def program(comm):
        message = Message(model.shapes(), model.cells, 5, FLOAT64, comm)
        message.grads.flat[...] = comm.rank + 1
        last = [[np.full((len(message.tracks), 3), 10.0 * comm.rank + k)] * 2 for k in range(2)]
        message.send(0.5, 7.0 + comm.rank, comm.rank == 1, last)
        return message

    for message in together(2, program):
        assert (message.loss, message.seconds, message.stop) == (1.0, 7.0, True)
        assert set(message.grads.flat) == {3.0}
        assert message.states[1][0][:, 0].tolist() == [1.0, 1.0, 11.0, 11.0, 11.0]


@given(st.integers(1, 60), st.integers(1, 60))
def test_every_track_has_one_rank(n: int, size: int) -> None:
    class At:
        def __init__(self, rank: int) -> None:
            self.rank, self.size = rank, size

    shares = [share(n, At(rank)) for rank in range(size)]
    assert [track for tracks in shares for track in tracks] == list(range(n))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@given(st.integers(1, 9), st.integers(1, 7), st.integers(0, 9), st.sampled_from([FLOAT32, FLOAT64]))
def test_a_row_of_noise_is_the_same_whoever_draws_it(R: int, K: int, first: int, dtype) -> None:
    table, part_ = np.empty((first + R, K), dtype), np.empty((R, K), dtype)
    uniforms_(table, 5, "test", 1, first=0)
    uniforms_(part_, 5, "test", 1, first=first)
    np.testing.assert_array_equal(part_, table[first:])
    assert np.all((table >= 0) & (table < 1))
    assert len(np.unique(table)) > 0.9 * table.size


def answers(comm, *arguments) -> None:
    """What a worker of the next tests does."""
    x = comm.vector(7, np.dtype(np.float64))
    for step in range(3):
        x[...] = comm.rank + step
        comm.sum_(x)
        comm.gather((comm.rank, arguments, x.tolist()))
    comm.gather({name: os.environ.get(name) for name in BLAS_THREADS})


def test_local_workers_sum_gather_and_have_their_threads(monkeypatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with local_workers(3, 7, FLOAT64, 2, answers, "hello") as comm:
        x = comm.vector(7, FLOAT64)
        for step in range(3):
            x[...] = step
            comm.sum_(x)
            assert x.tolist() == [3.0 * step + 3.0] * 7
            gathered = comm.gather((0, ("hello",), x.tolist()))
            assert gathered == [(rank, ("hello",), x.tolist()) for rank in range(3)]
        gathered = comm.gather(None)
    assert gathered[1:] == [dict.fromkeys(BLAS_THREADS, "2")] * 2
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


def leaves(comm) -> None:
    os._exit(3)


def test_a_worker_that_is_gone_is_noticed() -> None:
    with local_workers(2, 4, FLOAT64, 1, leaves) as comm:
        x = comm.vector(4, FLOAT64)
        with pytest.raises(WorkerLostError, match="a worker process ended unexpectedly"):
            comm.sum_(x)


def test_blas_threads_are_set_and_set_back() -> None:
    with blas_threads(1) as known, blas_threads(2) as again:
        assert known == again


@pytest.mark.parametrize(
    ("batch", "hidden", "cores", "layout", "if_packed"),
    [
        (50, 128, 2, Layout(2, 1), Layout(2, 1)),
        (50, 512, 2, Layout(2, 1), Layout(2, 1)),
        (1, 100, 8, Layout(1, 1), Layout(1, 1)),
        (1, 512, 8, Layout(1, 8), Layout(1, 1)),
        (16, 1024, 2, Layout(1, 2), Layout(2, 1)),
        (50, 256, 16, Layout(4, 4), Layout(8, 1)),
        (50, 64, 16, Layout(4, 1), Layout(8, 1)),
    ],
)
def test_auto(batch: int, hidden: int, cores: int, layout: Layout, if_packed: Layout) -> None:
    assert layout_for(batch, hidden, cores, packed=False) == layout
    assert layout_for(batch, hidden, cores, packed=True) == if_packed


def test_there_is_a_core() -> None:
    assert 1 <= usable_cores() <= os.cpu_count()


def test_who_was_started_by_mpi_knows_it(monkeypatch) -> None:
    for name in ("OMPI_COMM_WORLD", "PMI"):
        monkeypatch.delenv(f"{name}_SIZE", raising=False)
    assert launched() is None
    monkeypatch.setenv("PMI_SIZE", "1")
    assert launched() is None
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "4")
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "3")
    assert launched() == 3


def test_a_run_asks_the_others_once_a_step_for_the_sum() -> None:
    calls = defaultdict(int)

    def program(comm):
        real = comm.sum_

        def counted(x) -> None:
            calls[comm.rank] += 1
            real(x)

        comm.sum_ = counted
        return run(plan(), comm)

    together(2, program)
    assert dict(calls) == {0: 20, 1: 20}
