"""Training: from a config to a run directory, as a stream of events."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from charrnn.config import Config
from charrnn.listeners.tensorboard import check_tensorboard
from charrnn.parallel import mpi
from charrnn.parallel.launcher import launched
from charrnn.runs.folder import (
    Listener,
    check_free,
    check_is_folder,
    listeners_of,
    naming_unwritable_files,
    open_run,
)
from charrnn.runs.ranks import follow, lead, never, work
from charrnn.runs.start import start_run
from charrnn.runs.stream import run_events
from charrnn.runs.team import gather_team
from charrnn.storage.lock import locked
from charrnn.storage.rundir import RunDir
from charrnn.training.events import Event


def train(
    config: Config,
    *,
    resume: bool = False,
    force: bool = False,
    new_text: bool = False,
    init_from: str | Path | None = None,
    stop: Callable[[], bool] = never,
    save: Callable[[], bool] = never,
    on_reading: Callable[[int, int], None] | None = None,
) -> Iterator[Event]:
    """Train what `config` describes, and write the run directory `config.output.dir`.

    Nothing happens before the first event is requested. `resume` continues from the latest
    checkpoint of the run directory, if it has one; `force` replaces a run there, and trains even
    if that needs more memory than is available. `new_text` allows a resumed run another text,
    which is read through the run's vocabulary. `init_from` names a checkpoint whose weights a new
    run begins with. Once `stop()` is true, the run saves itself and ends; after each step at which
    `save()` is true, it saves itself and continues. While the text is read, `on_reading` gets the
    number of bytes read, and the most there can be.

    With `train.workers` above 1 this starts processes, which import the caller's main module: a
    script needs its `if __name__ == "__main__":`. Started by an MPI launcher, the ranks other than
    0 train along, and yield only the last event.

    Raises UsageError, DataError or CheckpointError before anything is written, UsageError where a
    file cannot be written, WorkerLostError, after saving, where a worker died, and DivergedError
    after the last event of a run that diverged.
    """
    if launched():
        yield from follow(mpi.world(), config, stop, force=force or resume)
        return
    if config.output.tensorboard:
        check_tensorboard()
    run = RunDir(Path(config.output.dir))
    check_is_folder(run)
    with naming_unwritable_files(run.path), locked(run.path):
        check_free(run, resume=resume, force=force)
        start = start_run(
            config,
            run,
            resume=resume,
            force=force,
            new_text=new_text,
            init_from=init_from,
            on_reading=on_reading,
        )
        dtype = start.state.params.flat.dtype
        with gather_team(config, start.prepared.plan, dtype, work) as team:
            lead(team.comm, start)
            open_run(start, run)
            with listeners_of(start, run, save) as listeners:
                yield from _through(run_events(start, run, team, stop), listeners)


def _through(events: Iterator[Event], listeners: Sequence[Listener]) -> Iterator[Event]:
    """The events, each after all listeners have received it."""
    for event in events:
        for listener in listeners:
            listener(event)
        yield event
