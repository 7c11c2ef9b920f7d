"""What a process does that is not the first of its run: the same work, and no word of it."""

from collections.abc import Callable, Iterator
from typing import Any

from charrnn.config import Config
from charrnn.errors import CharrnnError, DataError
from charrnn.nn.arrays import Floats
from charrnn.parallel.base import Communicator
from charrnn.runs.memory import check_run_fits
from charrnn.runs.prepare import Prepared, prepare_plan
from charrnn.text.vocab import Vocabulary
from charrnn.training.events import Event, Finished
from charrnn.training.loop import train as run_loop
from charrnn.training.snapshot import state_from, to_arrays, to_counters


def lead(comm: Communicator, prepared: Prepared) -> None:
    """Rank 0: see that all have the same text, and tell them where to start from."""
    comm.gather(prepared.given and prepared.given.to_json())
    _agree(comm, prepared.corpus.sha256)
    comm.gather((to_arrays(prepared.state), to_counters(prepared.state)))


def follow(
    comm: Communicator,
    config: Config,
    stop: Callable[[], bool] = lambda: False,
    *,
    insist: bool,
) -> Iterator[Event]:
    """Any other rank: train along. Of all events only the last is handed out.

    To `insist` is not to ask whether there is the memory for it.
    """
    mine: str | CharrnnError
    given: Any = comm.gather(None)[0]
    try:
        vocabulary = None if given is None else Vocabulary.from_json(given)
        ready = prepare_plan(config, vocabulary=vocabulary)
        plan = ready.plan
        check_run_fits(config, plan, force=insist)
        mine = ready.corpus.sha256
    except CharrnnError as error:
        mine = error
    _agree(comm, mine)
    nothing: tuple[dict[str, Floats], dict[str, Any]] = ({}, {})
    state = state_from(*comm.gather(nothing)[0], plan.model, plan.optimizer)
    for event in run_loop(plan, state, stop, comm):
        if isinstance(event, Finished):
            yield event


def work(comm: Communicator, config: Config) -> None:
    """The whole life of a local worker; rank 0 has asked for the memory of all."""
    for _ in follow(comm, config, insist=True):
        pass


def _agree(comm: Communicator, mine: str | CharrnnError) -> None:
    """Every rank says which text it has, or why it has none. Raises the first complaint."""
    answers = comm.gather(mine)
    for rank, answer in enumerate(answers):
        if isinstance(answer, CharrnnError):
            raise answer
        if answer != answers[0]:
            raise DataError(f"rank {rank} of the run has another text than rank 0")
