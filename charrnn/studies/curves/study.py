"""The curves of a run, read from its record: losses, learning rate, gradients, samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.config import Config, load_config
from charrnn.errors import ConfigError, DataError
from charrnn.runs.history import History, read_history
from charrnn.storage.rundir import RunDir
from charrnn.training.events import Evaluated, NotFinite, Stepped
from charrnn.training.smoothing import smoothed

Numbers: TypeAlias = NDArray[np.float64]
By: TypeAlias = Literal["steps", "characters", "minutes"]

SPAN = 50  # steps: the most that the running mean of the loss is over
SPANS = 50  # in a run: of a short one it is over as little as shows its course
ROUNDING = 0.01  # epochs: the record has four decimals, so less than this says little


class StepText(NamedTuple):
    """A text and the step it belongs to."""

    step: int
    text: str


class TrainingAxis(NamedTuple):
    """The x values of a curve, in three units of progress."""

    steps: NDArray[np.int64]
    characters: Numbers  # read in training
    minutes: Numbers  # of training; time between two sittings does not count


@dataclass(frozen=True)
class Curves:
    """The record of a run of S steps and E evaluations. Losses are in nats per character.

    Steps that were taken again after a rollback or a resume are there once, as they were the last
    time. Values that are missing or not finite are NaN.
    """

    run: str  # its directory
    along: TrainingAxis  # (S,) each
    train: Numbers  # (S,) loss of the step's chunk, before the change of the weights
    smoothed: Numbers  # (S,) its running mean
    smooth: float  # what that keeps of the past at each step
    learning_rate: Numbers  # (S,)
    grad_norm: Numbers  # (S,) before clipping
    clipped: Numbers  # (S,) 1 where clipping cut the gradient, 0 where it did not
    chars_per_second: Numbers  # (S,)
    val_along: TrainingAxis  # (E,) each
    val: Numbers  # (E,) loss of the validation part
    test: float | None  # loss of the test part, of the weights after `test_step`
    test_step: int | None
    clip_norm: float | None  # longer gradients are cut to this
    parameters: int | None
    vocab_size: int | None
    samples: tuple[StepText, ...]
    notes: tuple[StepText, ...]
    resumes: tuple[int, ...]  # the steps after which the run was resumed
    not_finite: tuple[NotFinite, ...]
    ended: str | None  # the reason; None: it is running, or was killed

    @property
    def best_val(self) -> float | None:
        """The lowest loss of the validation part; None where it was never evaluated."""
        return min(self.val[np.isfinite(self.val)].tolist(), default=None)

    def place(self, by: By, step: int) -> float:
        """The place of `step` on an axis, interpolated between recorded steps."""
        if not self.along.steps.size:
            return float(step) if by == "steps" else nan
        return float(np.interp(step, self.along.steps, getattr(self.along, by)))


def curves(run: str | Path, *, smooth: float | None = None) -> Curves:
    """The curves of the run in the folder `run`, even while it is still training.

    `smooth` is what the running mean of the loss keeps of the past at each step, from 0 up to, but
    not including, 1; None is 0.98, which is to look back about 50 steps, and less for a run of less
    than 2500. Raises DataError where there is no record that can be read.
    """
    folder = RunDir(Path(run))
    try:
        history = read_history(folder.metrics)
    except OSError as error:
        raise DataError(
            f"{folder.path}: not a run: {folder.metrics.name} cannot be read"
            f" ({error.strerror or error}); name a run directory that training has written"
        ) from None
    return _curves_of(history, folder, smooth)


def _curves_of(history: History, folder: RunDir, smooth: float | None) -> Curves:
    if smooth is None:
        smooth = 1 - 1 / min(max(len(history.steps) / SPANS, 1), SPAN)
    config = _config_of(folder)
    characters = _characters_per_step(history, config)
    train = _column(history.steps, "loss")
    clip_norm = config.train.clip_norm if config else None
    start, test = history.start, history.test
    return Curves(
        run=str(folder.path),
        along=_axis(history.steps, characters),
        train=train,
        smoothed=smoothed(train, smooth),
        smooth=smooth,
        learning_rate=_column(history.steps, "learning_rate"),
        grad_norm=_column(history.steps, "grad_norm"),
        clipped=_column(history.steps, "clipped"),
        chars_per_second=_column(history.steps, "chars_per_second"),
        val_along=_axis(history.evals, characters),
        val=_column(history.evals, "loss"),
        test=test.loss if test and isfinite(test.loss) else None,
        test_step=test.step if test else None,
        clip_norm=clip_norm,
        parameters=(start and start.parameters) or None,
        vocab_size=(start and start.vocab_size) or None,
        samples=tuple(StepText(sample.step, sample.text) for sample in history.samples),
        notes=tuple(StepText(note.step, note.text) for note in history.notes),
        resumes=tuple(history.resumes),
        not_finite=tuple(history.not_finite),
        ended=history.ended.reason if history.ended else None,
    )


def _config_of(folder: RunDir) -> Config | None:
    """The record can be drawn without it."""
    try:
        return load_config(folder.config)
    except ConfigError:
        return None


def _characters_per_step(history: History, config: Config | None) -> float:
    """Characters read in a step, averaged over the run; NaN where neither file determines it."""
    last = history.steps[-1] if history.steps else None
    if (
        history.start
        and history.start.train_chars
        and last
        and last.step
        and last.epoch >= ROUNDING
    ):
        return history.start.train_chars * last.epoch / last.step
    if config is None:
        return nan
    t = config.train
    return float(t.batch_size * min(t.seq_length, t.stride or t.seq_length))


def _axis(events: Sequence[Stepped | Evaluated], characters: float) -> TrainingAxis:
    steps = np.array([event.step for event in events], dtype=np.int64)
    minutes = _column(events, "seconds") / 60
    np.fmax.accumulate(minutes, out=minutes)  # they never go back
    return TrainingAxis(steps, np.multiply(steps, characters, dtype=np.float64), minutes)


def _column(events: Sequence[Stepped | Evaluated], name: str) -> Numbers:
    """A number of each event; None becomes NaN."""
    return np.array([getattr(event, name) for event in events], dtype=np.float64)
