"""The plan of a run, which does not change during it: model, data, optimizer and limits."""

from dataclasses import dataclass

from charrnn.nn.arrays import DType
from charrnn.nn.backprop import Backprop, backprop_of
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.model import CharModel
from charrnn.optim import Optimizer, Schedule
from charrnn.text.batches import Chunks
from charrnn.text.part import Part
from charrnn.training.events import Reason


@dataclass(frozen=True)
class Limits:
    """Where a run ends, whichever comes first; None never comes."""

    max_steps: int | None = None
    max_epochs: float | None = None
    max_minutes: float | None = None
    patience: int | None = None  # evaluations without a better one


@dataclass(frozen=True)
class Plan:
    """All that does not change during a run."""

    model: CharModel
    optimizer: Optimizer
    schedule: Schedule
    batches: Chunks
    val: Part | None  # None: too short to predict anything
    test: Part | None
    limits: Limits
    eval_every: int
    clip_value: float | None
    clip_norm: float | None
    seed: int
    kernels: Kernels = NUMPY
    average: float = 0.0  # the decay of a running mean of the weights; 0: there is none
    gradient_noise: float = 0.0
    on_nonfinite: str = "stop"  # or "skip", "rollback": see Recovery
    max_recoveries: int = 10  # skips in a row, or rollbacks in all
    recompute: int | None = None  # the steps of a chunk that are in memory at once; None: all

    def progress(self, step: float, seconds: float) -> dict[Reason, float]:
        """The share of each limit that is used up after `step` steps and `seconds`."""
        used: dict[Reason, tuple[float, float | None]] = {
            "max_steps": (step, self.limits.max_steps),
            "max_epochs": (step / self.batches.chunks, self.limits.max_epochs),
            "max_minutes": (seconds / 60.0, self.limits.max_minutes),
        }
        return {reason: done / limit for reason, (done, limit) in used.items() if limit is not None}


def backprop_for(plan: Plan, tracks: int, dtype: DType) -> Backprop:
    """Back-propagation through the chunks of a run, for `tracks` of their tracks."""
    longest, recompute = plan.batches.longest, plan.recompute
    return backprop_of(plan.model, longest, tracks, dtype, plan.kernels, recompute=recompute)
