"""The start of a run: its text, network and state; fresh, transferred or resumed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Self

import numpy as np

from charrnn.config import Config
from charrnn.errors import CheckpointError
from charrnn.nn.arrays import DTYPES
from charrnn.runs.checkpoints import read_checkpoint
from charrnn.runs.memory import check_run_fits
from charrnn.runs.prepare import Prepared, fresh_weights, prepare
from charrnn.runs.resume import ResumePoint, check_same_text, find_resume_point, resumed_state
from charrnn.runs.trained import load
from charrnn.runs.transfer import transfer_
from charrnn.storage.rundir import RunDir
from charrnn.training.state import TrainState


@dataclass(frozen=True)
class Start:
    """Everything that a run begins with."""

    prepared: Prepared
    state: TrainState
    notes: tuple[str, ...]  # what a user should know, a sentence each
    resumed: bool = False
    loss_on_disk: float = inf  # validation loss of the best.npz that a resumed run already has

    @property
    def best_is_lost(self) -> bool:
        """Whether best.npz lacks the best weights that the state knows."""
        best = self.state.best_loss
        return best is not None and best < self.loss_on_disk

    def noting(self, note: str) -> Self:
        """The same start with one more note."""
        return replace(self, notes=(*self.notes, note))


def start_run(
    config: Config,
    run: RunDir,
    *,
    resume: bool,
    force: bool,
    new_text: bool,
    init_from: str | Path | None,
    on_reading: Callable[[int, int], None] | None,
) -> Start:
    """Prepare the run that `config` describes in the folder `run`; nothing is written.

    A resumed run passed the check of its memory when it started, so it only gets a note. Its
    `new_text` is read through the vocabulary it has. Raises UsageError, DataError or
    CheckpointError.
    """
    point = find_resume_point(run, config, new_text=new_text) if resume else None
    prepared = prepare(config, on_reading, point.vocabulary if point and new_text else None)
    fits = check_run_fits(config, prepared.plan, force=force or point is not None)
    prepared = prepared.noting(*fits)
    if point:
        return resumed_start(prepared, run, point, new_text=new_text)
    start = new_start(prepared, init_from)
    if resume:
        return start.noting(f"there was nothing to resume in {run.path}: a new run")
    return start


def new_start(prepared: Prepared, init_from: str | Path | None) -> Start:
    """Start from the initial weights of the config, or from those of the checkpoint `init_from`."""
    config, plan = prepared.config, prepared.plan
    params = fresh_weights(config, plan.model, np.dtype(DTYPES[config.train.dtype]))
    notes: tuple[str, ...] = ()
    if init_from is not None:
        notes = transfer_(load(init_from), plan.model, params, prepared.dataset.vocabulary)
    state = TrainState.begin(params, plan.optimizer, averaging=plan.average > 0)
    return Start(prepared, state, (*prepared.notes, *notes))


def resumed_start(prepared: Prepared, run: RunDir, point: ResumePoint, *, new_text: bool) -> Start:
    """Start from a checkpoint of the run itself."""
    sha256 = prepared.corpus.sha256
    if not new_text:
        check_same_text(point, sha256, prepared.dataset.vocabulary)
    state, notes = resumed_state(point, prepared.plan, sha256)
    start = Start(
        prepared,
        state,
        (*prepared.notes, *point.notes, *notes),
        resumed=True,
        loss_on_disk=_loss_on_disk(run, sha256),
    )
    if start.best_is_lost:
        return start.noting(f"{run.best} was missing or damaged: written again")
    return start


def _loss_on_disk(run: RunDir, corpus_sha256: str) -> float:
    """The validation loss in best.npz; infinite if the file is unusable, or is of another text."""
    try:
        header = read_checkpoint(run.best).header
    except CheckpointError:
        return inf
    loss: float | None = header["best_loss"]
    return inf if loss is None or header["corpus_sha256"] != corpus_sha256 else loss
