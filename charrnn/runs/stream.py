"""The events of a run: its introduction, then training, with samples and notes in between."""

from collections.abc import Callable, Iterator
from math import ceil, log

from charrnn import __version__
from charrnn.config import build
from charrnn.errors import DataError, DivergedError, WorkerLostError
from charrnn.runs.folder import save
from charrnn.runs.prepare import Prepared
from charrnn.runs.sample import Request, sample
from charrnn.runs.start import Start
from charrnn.runs.team import Team
from charrnn.runs.trained import Trained
from charrnn.storage.machine import description
from charrnn.storage.rundir import RunDir
from charrnn.training.events import (
    Ending,
    Evaluated,
    Event,
    Finished,
    Noted,
    NotFinite,
    Sampled,
    Started,
    Stepped,
)
from charrnn.training.footprint import tape_bytes
from charrnn.training.loop import train as run_loop
from charrnn.training.plan import Plan

SAMPLE_LENGTH = 200
FAR = 2.0**63  # steps: no run takes as many
CHANGED = (
    "{}: the text has changed since it was read; training continues on the text as it was read,"
    " and resuming this run will need that text"
)


def run_events(start: Start, run: RunDir, team: Team, stop: Callable[[], bool]) -> Iterator[Event]:
    """Train from `start`, and yield every event of the run.

    Raises WorkerLostError or DataError, after saving, and DivergedError after the last event.
    """
    yield introduce(start, run, team)
    events = run_loop(start.prepared.plan, start.state, stop, team.comm)
    events = _saved_on_loss(start, run, events)
    events = _with_samples(start, run, events)
    events = _raising_if_diverged(events)
    yield from _with_note_if_changed(start.prepared, events)


def introduce(start: Start, run: RunDir, team: Team) -> Started:
    """All facts about a run that are known before its first step."""
    config, plan, data = start.prepared.config, start.prepared.plan, start.prepared.dataset
    batches, params = plan.batches, start.state.params
    return Started(
        run=str(run.path),
        resumed_step=start.state.step if start.resumed else None,
        network=build.network_in_words(config),
        parameters=params.flat.size,
        tape_bytes=tape_bytes(plan, batches.batch_size, params.flat.dtype),
        vocab_size=data.vocabulary.size,
        train_chars=data.train.characters,
        val_chars=data.val.characters,
        test_chars=data.test.characters,
        unknown_val=data.unknown[1],
        unknown_test=data.unknown[2],
        uniform_loss=log(data.vocabulary.size),
        unigram_loss=data.unigram_loss,
        steps=_last_step(plan),
        endless=not plan.progress(0, 0.0),
        steps_per_epoch=batches.chunks,
        workers=team.comm.size,
        threads=team.threads,
        kernels=plan.kernels.name,
        version=__version__,
        environment=description(),
        notes=(*start.notes, *team.notes),
    )


def _last_step(plan: Plan) -> int | None:
    """The step at which the run ends, if a number of steps or epochs limits it."""
    steps, epochs = plan.limits.max_steps, plan.limits.max_epochs
    ends = [] if steps is None else [steps]
    if epochs is not None and epochs * plan.batches.chunks < FAR:
        ends.append(ceil(epochs * plan.batches.chunks))
    return min(ends, default=None)


def _saved_on_loss(start: Start, run: RunDir, events: Iterator[Event]) -> Iterator[Event]:
    """Save the run if a step cannot be finished: a worker has died, or the encoded text is cut.

    The state is that before the step.
    """
    try:
        yield from events
    except (WorkerLostError, DataError) as error:
        save(start, run.last)
        raise type(error)(
            f"{error}; the run is saved after step {start.state.step}", "continue it with `resume`"
        ) from None


def _with_samples(start: Start, run: RunDir, events: Iterator[Event]) -> Iterator[Event]:
    every = start.prepared.config.output.sample_every
    for event in events:
        yield event
        if isinstance(event, Stepped) and every and event.step % every == 0:
            yield Sampled(event.step, _sample(start, run))


def _sample(start: Start, run: RunDir) -> str:
    state, config, prepared = start.state, start.prepared.config, start.prepared
    vocabulary, model = prepared.dataset.vocabulary, prepared.plan.model
    current = Trained(run.path, model, state.eval_params, vocabulary, config, state.step)
    return sample(current, Request(length=SAMPLE_LENGTH, seed=config.train.seed))[0].text


def _raising_if_diverged(events: Iterator[Event]) -> Iterator[Event]:
    what = "the loss"
    for event in events:
        yield event
        if isinstance(event, NotFinite):
            what = event.what
        if isinstance(event, Finished) and event.reason == "diverged":
            raise DivergedError(
                f"training diverged after step {event.step}: {what} is not finite; the checkpoints"
                " before it are intact",
                "try a lower optimizer.learning_rate, clipping by train.clip_norm, or"
                " train.on_nonfinite: rollback",
            )


def _with_note_if_changed(prepared: Prepared, events: Iterator[Event]) -> Iterator[Event]:
    """Add one note, after an evaluation or at the end, if the files of the text have changed.

    Their content is read only if their sizes or times have changed.
    """
    noted = False
    for event in events:
        yield event
        if not noted and isinstance(event, Evaluated | Ending):
            noted = prepared.corpus.source.has_changed()
            if noted:
                yield Noted(event.step, CHANGED.format(", ".join(prepared.config.data.path)))
