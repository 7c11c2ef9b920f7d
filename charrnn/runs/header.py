"""The first event of a run: what there is to know before the first step."""

from math import ceil, log
from pathlib import Path

from charrnn import __version__
from charrnn.config import build
from charrnn.runs.prepare import Prepared
from charrnn.runs.team import Team
from charrnn.storage.machine import description
from charrnn.training.events import Started
from charrnn.training.footprint import tape_bytes
from charrnn.training.plan import Plan

FAR = 2.0**63  # steps: no run takes as many


def introduce(prepared: Prepared, run: Path, team: Team, *, resumed: bool) -> Started:
    """What there is to know before the first step."""
    config, plan, data = prepared.config, prepared.plan, prepared.dataset
    batches, params = plan.batches, prepared.state.params
    return Started(
        run=str(run),
        resumed_step=prepared.state.step if resumed else None,
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
        notes=(*prepared.notes, *team.notes),
    )


def _last_step(plan: Plan) -> int | None:
    """The step at which the run ends, if it is steps or epochs that end it."""
    steps, epochs = plan.limits.max_steps, plan.limits.max_epochs
    ends = [] if steps is None else [steps]
    if epochs is not None and epochs * plan.batches.chunks < FAR:
        ends.append(ceil(epochs * plan.batches.chunks))
    return min(ends, default=None)
