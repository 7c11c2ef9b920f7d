"""The curves of a run, read from its record: losses, learning rate, gradients, samples."""

from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.config import Config, load_config
from charrnn.errors import ConfigError, DataError
from charrnn.listeners.metrics import number_in
from charrnn.runs.history import Passage, Record, read_record
from charrnn.storage.rundir import RunDir
from charrnn.training.events import NotFinite
from charrnn.training.smoothing import smoothed

Numbers: TypeAlias = NDArray[np.float64]
By: TypeAlias = Literal["steps", "characters", "minutes"]

SPAN = 50  # steps: the most that the running mean of the loss is over
SPANS = 50  # in a run: of a short one it is over as little as shows its course
ROUNDING = 0.01  # epochs: the record has four decimals, so less than this says little


class TrainingAxis(NamedTuple):
    """Where points of a curve lie: three ways of saying how far the training had come."""

    steps: NDArray[np.int64]
    characters: Numbers  # read in training
    minutes: Numbers  # of training; time between two sittings does not count


@dataclass(frozen=True)
class Curves:
    """What the record of a run tells, S steps and E evaluations. Losses are in nats per character.

    Steps that were taken again after a rollback or a resume are there once, as they were the last
    time. What the record does not tell, or is not finite, is NaN.
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
    samples: tuple[Passage, ...]
    notes: tuple[Passage, ...]
    resumes: tuple[int, ...]  # the steps after which the run went on
    not_finite: tuple[NotFinite, ...]
    ended: str | None  # the reason; None: it goes on, or was killed

    @property
    def best_val(self) -> float | None:
        """The lowest loss of the validation part; None where it was never evaluated."""
        return min(self.val[np.isfinite(self.val)].tolist(), default=None)

    def place(self, by: By, step: int) -> float:
        """Where `step` lies on an axis, between the steps that the record tells."""
        if not self.along.steps.size:
            return float(step) if by == "steps" else nan
        return float(np.interp(step, self.along.steps, getattr(self.along, by)))


def curves(run: str | Path, *, smooth: float | None = None) -> Curves:
    """What the record of the run in the folder `run` tells by now, also while it is written.

    `smooth` is what the running mean of the loss keeps of the past at each step, from 0 up to, but
    not including, 1; None is 0.98, which is to look back about 50 steps, and less for a run of less
    than 2500. Raises DataError where there is no record that can be read.
    """
    folder = RunDir(Path(run))
    try:
        told = read_record(folder.metrics)
    except OSError as error:
        raise DataError(
            f"{folder.path}: no run that can be read: {folder.metrics.name}:"
            f" {error.strerror or error}; name a run directory that training has written"
        ) from None
    return _curves_of(told, folder, smooth)


def _curves_of(told: Record, folder: RunDir, smooth: float | None) -> Curves:
    if smooth is None:
        smooth = 1 - 1 / min(max(len(told.steps) / SPANS, 1), SPAN)
    config = _config_of(folder)
    characters = _characters_a_step(told, config)
    train = _column(told.steps, "loss")
    clip_norm = config.train.clip_norm if config else None
    return Curves(
        run=str(folder.path),
        along=_axis(told.steps, characters),
        train=train,
        smoothed=smoothed(train, smooth),
        smooth=smooth,
        learning_rate=_column(told.steps, "learning_rate"),
        grad_norm=_column(told.steps, "grad_norm"),
        clipped=_column(told.steps, "clipped"),
        chars_per_second=_column(told.steps, "chars_per_second"),
        val_along=_axis(told.evals, characters),
        val=_column(told.evals, "loss"),
        test=_finite(told.test, "loss"),
        test_step=told.test["step"] if told.test else None,
        clip_norm=clip_norm,
        parameters=_whole(told.start, "parameters"),
        vocab_size=_whole(told.start, "vocab_size"),
        samples=tuple(Passage(line["step"], line["text"]) for line in told.samples),
        notes=tuple(told.notes),
        resumes=tuple(told.resumes),
        not_finite=tuple(told.not_finite),
        ended=told.ended,
    )


def _config_of(folder: RunDir) -> Config | None:
    """The record can be drawn without it."""
    try:
        return load_config(folder.config)
    except ConfigError:
        return None


def _characters_a_step(told: Record, config: Config | None) -> float:
    """How many characters a step reads, on the average of an epoch; NaN if nothing tells."""
    last = told.steps[-1] if told.steps else {}
    epoch, chars = number_in(last, "epoch"), number_in(told.start, "train_chars")
    if isfinite(chars) and epoch >= ROUNDING and last["step"]:
        return chars * epoch / float(last["step"])
    if config is None:
        return nan
    t = config.train
    return float(t.batch_size * min(t.seq_length, t.stride or t.seq_length))


def _axis(lines: list[dict[str, Any]], characters: float) -> TrainingAxis:
    steps = np.array([line["step"] for line in lines], dtype=np.int64)
    minutes = _column(lines, "seconds") / 60
    np.fmax.accumulate(minutes, out=minutes)  # they never go back
    return TrainingAxis(steps, np.multiply(steps, characters, dtype=np.float64), minutes)


def _column(lines: list[dict[str, Any]], key: str) -> Numbers:
    return np.array([number_in(line, key) for line in lines], dtype=np.float64)


def _finite(line: dict[str, Any] | None, key: str) -> float | None:
    number = number_in(line or {}, key)
    return number if isfinite(number) else None


def _whole(line: dict[str, Any], key: str) -> int | None:
    number = _finite(line, key)
    return None if number is None else int(number)
