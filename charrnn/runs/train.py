"""Training: from a config to a run directory, as a stream of events."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from itertools import chain
from math import inf
from pathlib import Path

from charrnn.config import Config, dump_config
from charrnn.errors import (
    CheckpointError,
    DataError,
    DivergedError,
    WorkerLostError,
)
from charrnn.listeners.checkpoints import SaveBest, SaveLatest
from charrnn.listeners.metrics import Metrics, rewind
from charrnn.listeners.tensorboard import TensorBoard, check_tensorboard
from charrnn.parallel import mpi
from charrnn.parallel.base import Communicator
from charrnn.parallel.launcher import launched
from charrnn.runs.changed_text import watched
from charrnn.runs.checkpoints import read_checkpoint, save_checkpoint
from charrnn.runs.folder import check_free, check_is_folder, complaints_about
from charrnn.runs.header import introduce
from charrnn.runs.prepare import Prepared, prepare
from charrnn.runs.ranks import follow, lead, work
from charrnn.runs.resume import find_latest
from charrnn.runs.sample import Request, sample
from charrnn.runs.team import gather_team
from charrnn.runs.trained import Trained
from charrnn.storage.files import write_text
from charrnn.storage.lock import locked
from charrnn.storage.rundir import RunDir
from charrnn.training.events import Event, Finished, NotFinite, Sampled, Stepped
from charrnn.training.loop import train as run_loop
from charrnn.training.state import TrainState

SAMPLE_LENGTH = 200


def never() -> bool:
    """The answer to "stop now?" where nobody asks."""
    return False


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

    Nothing happens before the first event is asked for. `resume` goes on from the latest checkpoint
    there, if there is one; `force` replaces a run that is there, and trains even if that needs more
    memory than there seems to be. With `new_text` a run goes on although the text is another, read
    through the vocabulary that the run has. `init_from` names a checkpoint whose weights a new run
    begins with. Once `stop()` is true, the run saves itself and ends; it is also saved, and goes
    on, after each step at which `save()` is true.
    `on_reading` is told, while the text is read, how many bytes were, of how many at most.

    With `train.workers` above 1 this starts processes, which import the caller's main module: a
    script needs its `if __name__ == "__main__":`. Started by an MPI launcher, the ranks other than
    0 train along, and hand out the last event alone.

    Raises UsageError, DataError or CheckpointError before anything is written, UsageError where a
    file cannot be written, WorkerLostError, after saving, where a worker died, and DivergedError
    after the last event of a run that diverged.
    """
    if launched():
        yield from follow(mpi.world(), config, stop, insist=force or resume)
        return
    if config.output.tensorboard:
        check_tensorboard()
    run = RunDir(Path(config.output.dir))
    check_is_folder(run)
    with complaints_about(run.path), locked(run.path):
        check_free(run, resume, force)
        resumed = find_latest(run, config, new_text=new_text) if resume else None
        prepared = prepare(config, resumed, init_from, on_reading, insist=force, new_text=new_text)
        going_on = resumed is not None
        del resumed  # what was read would stay in memory for as long as the run lasts
        if resume and not going_on:
            prepared = prepared.noting(f"there was nothing to resume in {run.path}: a new run")
        standing = _standing(run, prepared.corpus.sha256) if going_on else inf
        best = prepared.state.best_loss
        best_is_lost = best is not None and best < standing
        if best_is_lost:
            prepared = prepared.noting(f"{run.best} was missing or damaged: written again")
        dtype = prepared.state.params.flat.dtype
        with gather_team(config, prepared.plan, dtype, work) as team:
            lead(team.comm, prepared)
            _open_run(prepared, run, going_on=going_on, best_is_lost=best_is_lost)
            with ExitStack() as opened:
                metrics = opened.enter_context(closing(Metrics(run.metrics)))
                listeners = _listeners(prepared, run, metrics, save, standing)
                if config.output.tensorboard:
                    board = TensorBoard(run, prepared.state.seconds)
                    listeners += (opened.enter_context(closing(board)),)
                first = introduce(prepared, run.path, team, resumed=going_on)
                events = chain([first], watched(prepared, _events(prepared, run, stop, team.comm)))
                yield from _tell(events, listeners)


def _open_run(prepared: Prepared, run: RunDir, *, going_on: bool, best_is_lost: bool) -> None:
    run.prepare()
    state = prepared.state
    if going_on:
        state.seconds = rewind(run.metrics, state.step, state.evaluated_step, state.rollbacks)
    else:
        run.clear()
    if best_is_lost:
        _save(prepared, run.best, state.at_best())
    write_text(run.config, dump_config(prepared.config))
    write_text(run.vocab, prepared.dataset.vocabulary.dumps())


def _listeners(
    prepared: Prepared,
    run: RunDir,
    metrics: Metrics,
    asked: Callable[[], bool],
    standing: float,
) -> tuple[Callable[[Event], None], ...]:
    """In the order in which they hear of an event: what is told has been saved."""
    save, output = partial(_save, prepared), prepared.config.output

    def and_its_record(path: Path) -> None:
        metrics.sync()
        save(path)

    return (
        SaveBest(run, save, standing),
        metrics,
        SaveLatest(run, and_its_record, output.checkpoint_every, output.keep, asked),
    )


def _standing(run: RunDir, corpus_sha256: str) -> float:
    """The loss of the best.npz that is there: a resumed run does not replace it by a worse one.

    One that was judged by another text does not count.
    """
    try:
        header = read_checkpoint(run.best).header
    except CheckpointError:
        return inf
    loss: float | None = header["best_loss"]
    return inf if loss is None or header["corpus_sha256"] != corpus_sha256 else loss


def _save(prepared: Prepared, path: Path, state: TrainState | None = None) -> None:
    """Write a checkpoint, of the state of now if no other is given."""
    vocabulary, sha256 = prepared.dataset.vocabulary, prepared.corpus.sha256
    save_checkpoint(path, state or prepared.state, prepared.config, vocabulary, sha256)


def _events(
    prepared: Prepared, run: RunDir, stop: Callable[[], bool], comm: Communicator
) -> Iterator[Event]:
    every = prepared.config.output.sample_every
    what = "the loss"
    for event in _saved_if_lost(prepared, run, run_loop(prepared.plan, prepared.state, stop, comm)):
        yield event
        if isinstance(event, Stepped) and every and event.step % every == 0:
            yield Sampled(event.step, _sample(prepared, run))
        if isinstance(event, NotFinite):
            what = event.what
        if isinstance(event, Finished) and event.reason == "diverged":
            raise DivergedError(
                f"training diverged after step {event.step}: {what} is not finite; the checkpoints"
                " before it are intact; try a lower optimizer.learning_rate, clipping by"
                " train.clip_norm, or train.on_nonfinite: rollback"
            )


def _saved_if_lost(prepared: Prepared, run: RunDir, events: Iterator[Event]) -> Iterator[Event]:
    """The events of a run, whose state is whole, and saved, even if a step cannot be finished.

    A worker may die in it, or the encoded text be cut by somebody.
    """
    try:
        yield from events
    except (WorkerLostError, DataError) as error:
        _save(prepared, run.last)
        raise type(error)(
            f"{error}; the run is saved after step {prepared.state.step}",
            "continue it with `resume`",
        ) from None


def _sample(prepared: Prepared, run: RunDir) -> str:
    state, config = prepared.state, prepared.config
    now = Trained(
        run.path,
        prepared.plan.model,
        state.eval_params,
        prepared.dataset.vocabulary,
        config,
        state.step,
    )
    return sample(now, Request(length=SAMPLE_LENGTH, seed=config.train.seed))[0].text


def _tell(
    events: Iterator[Event], listeners: tuple[Callable[[Event], None], ...]
) -> Iterator[Event]:
    for event in events:
        for listener in listeners:
            listener(event)
        yield event
