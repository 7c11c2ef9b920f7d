"""The ranks of a parallel run: rank 0 hands out the start, the others train along silently."""

from collections.abc import Callable, Iterator
from typing import Any

from charrnn.config import Config
from charrnn.errors import CharrnnError, DataError
from charrnn.nn.arrays import Floats
from charrnn.parallel.base import Communicator
from charrnn.runs.memory import check_run_fits
from charrnn.runs.prepare import prepare
from charrnn.runs.start import Start
from charrnn.text.vocab import Vocabulary
from charrnn.training.events import Event, Finished
from charrnn.training.loop import train as run_loop
from charrnn.training.snapshot import state_from, to_arrays, to_counters


def never() -> bool:
    """Never stop, never save: the answer without a user."""
    return False


def lead(comm: Communicator, start: Start) -> None:
    """Rank 0: make sure that all ranks have the same text, and send them the state."""
    given = start.prepared.given
    comm.gather(given and given.to_json())
    _agree(comm, start.prepared.corpus.sha256)
    comm.gather((to_arrays(start.state), to_counters(start.state)))


def follow(
    comm: Communicator, config: Config, stop: Callable[[], bool] = never, *, force: bool
) -> Iterator[Event]:
    """Any other rank: train along, and yield only the last event.

    With `force` the memory is not checked.
    """
    digest: str | CharrnnError
    given: Any = comm.gather(None)[0]
    try:
        vocabulary = None if given is None else Vocabulary.from_json(given)
        prepared = prepare(config, vocabulary=vocabulary)
        check_run_fits(config, prepared.plan, force=force)
        digest = prepared.corpus.sha256
    except CharrnnError as error:
        digest = error
    _agree(comm, digest)
    nothing: tuple[dict[str, Floats], dict[str, Any]] = ({}, {})
    plan = prepared.plan
    state = state_from(*comm.gather(nothing)[0], plan.model, plan.optimizer)
    for event in run_loop(plan, state, stop, comm):
        if isinstance(event, Finished):
            yield event


def work(comm: Communicator, config: Config) -> None:
    """Run a local worker from start to end; rank 0 has checked the memory of all."""
    for _ in follow(comm, config, force=True):
        pass


def _agree(comm: Communicator, digest: str | CharrnnError) -> None:
    """Compare the digest of each rank's text, or raise the first error that a rank has instead."""
    answers = comm.gather(digest)
    for rank, answer in enumerate(answers):
        if isinstance(answer, CharrnnError):
            raise answer
        if answer != answers[0]:
            raise DataError(f"rank {rank} of the run has another text than rank 0")
