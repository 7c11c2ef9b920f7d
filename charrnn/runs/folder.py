"""The run directory: check that it is free, open it, and write a run into it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

from charrnn.config import dump_config
from charrnn.errors import UsageError
from charrnn.listeners.checkpoints import SaveBest, SaveLatest
from charrnn.listeners.metrics import Metrics, rewind
from charrnn.listeners.tensorboard import TensorBoard
from charrnn.runs.checkpoints import save_checkpoint
from charrnn.runs.start import Start
from charrnn.storage.files import write_text
from charrnn.storage.rundir import RunDir
from charrnn.training.events import Event
from charrnn.training.state import TrainState

Listener = Callable[[Event], None]


def check_is_folder(run: RunDir) -> None:
    """Raise UsageError where there can be no run directory."""
    try:
        if not run.path.is_dir() and (run.path.exists() or run.path.is_symlink()):
            raise UsageError(f"{run.path}: not a folder", "choose another `output.dir`")
    except OSError as error:
        raise UsageError(
            f"{run.path}: cannot be a folder ({error.strerror})", "choose another `output.dir`"
        ) from None


def check_free(run: RunDir, *, resume: bool, force: bool) -> None:
    """Raise UsageError where another run is in the way."""
    if run.holds_a_run() and not (resume or force):
        raise UsageError(
            f"{run.path}: already holds a run",
            "continue it with `resume`, replace it with `force`, or choose another `output.dir`",
        )


@contextmanager
def naming_unwritable_files(folder: Path) -> Iterator[None]:
    """Turn an OSError under the run directory into a UsageError that names the file."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error})",
            "what was saved before is intact: continue from it with `resume`",
        ) from None


def open_run(start: Start, run: RunDir) -> None:
    """Write the files of a run's beginning, over those of another run or of later steps."""
    run.prepare()
    state, prepared = start.state, start.prepared
    if start.resumed:
        state.seconds = rewind(run.metrics, state.step, state.evaluated_step, state.rollbacks)
    else:
        run.clear()
    if start.best_is_lost:
        save(start, run.best, state.at_best())
    write_text(run.config, dump_config(prepared.config))
    write_text(run.vocab, prepared.dataset.vocabulary.dumps())


@contextmanager
def listeners_of(
    start: Start, run: RunDir, asked: Callable[[], bool]
) -> Iterator[tuple[Listener, ...]]:
    """The listeners that write a run, in the order in which they receive an event.

    The best weights are on the disk before the record mentions them, and the record of a step
    before its checkpoint. `asked()` asks for a checkpoint at any step.
    """
    output = start.prepared.config.output
    with ExitStack() as opened:
        metrics = opened.enter_context(closing(Metrics(run.metrics)))

        def save_after_record(path: Path) -> None:
            metrics.sync()
            save(start, path)

        best = SaveBest(run, partial(save, start), start.loss_on_disk)
        latest = SaveLatest(run, save_after_record, output.checkpoint_every, output.keep, asked)
        listeners: tuple[Listener, ...] = (best, metrics, latest)
        if output.tensorboard:
            board = TensorBoard(run, start.state.seconds)
            listeners += (opened.enter_context(closing(board)),)
        yield listeners


def save(start: Start, path: Path, state: TrainState | None = None) -> None:
    """Write a checkpoint of `state`, by default of the current one. Raises OSError."""
    prepared = start.prepared
    vocabulary, sha256 = prepared.dataset.vocabulary, prepared.corpus.sha256
    save_checkpoint(path, state or start.state, prepared.config, vocabulary, sha256)
