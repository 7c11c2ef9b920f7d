"""Schedules: what the learning rate is multiplied with as the run goes on.

`progress` is the share of the run that is done, from 0 to 1, measured in whichever limit was
given (epochs, steps or minutes); `epoch` counts passes over the training part, in fractions.
"""

from dataclasses import dataclass
from math import cos, pi
from typing import ClassVar, Protocol

from charrnn.settings import above, at_least, between, from_up_to, setting


class Schedule(Protocol):
    """A frozen dataclass whose settings are its config keys."""

    spans_run: ClassVar[bool]  # whether it needs to know where the run ends

    def factor(self, progress: float, epoch: float) -> float:
        """What multiplies the learning rate now."""


@dataclass(frozen=True)
class Constant:
    """The learning rate as it was given."""

    spans_run: ClassVar[bool] = False

    def factor(self, progress: float, epoch: float) -> float:
        return 1.0


@dataclass(frozen=True)
class Step:
    """Times `gamma` after every `every` epochs, once `start` epochs have passed."""

    every: float = setting(1.0, "epochs between two falls", above(0))
    gamma: float = setting(0.5, "what each fall multiplies with", between(0, 1))
    start: float = setting(0.0, "epochs before the falling begins", at_least(0))
    spans_run: ClassVar[bool] = False

    def factor(self, progress: float, epoch: float) -> float:
        return float(self.gamma ** max(0, (epoch - self.start) // self.every))


@dataclass(frozen=True)
class Exponential:
    """Falls by equal ratios in equal times, to `final` of its start at the end of the run."""

    final: float = setting(0.01, "what is left at the end of the run", between(0, 1))
    spans_run: ClassVar[bool] = True

    def factor(self, progress: float, epoch: float) -> float:
        return float(self.final**progress)


@dataclass(frozen=True)
class Cosine:
    """Rises from 0 over the share `warmup`, then falls along half a cosine (Loshchilov 2017)."""

    warmup: float = setting(0.02, "share of the run in which it rises", from_up_to(0, 1))
    final: float = setting(0.0, "what is left at the end of the run", between(0, 1))
    spans_run: ClassVar[bool] = True

    def factor(self, progress: float, epoch: float) -> float:
        if progress < self.warmup:
            return progress / self.warmup
        fall = min(1.0, (progress - self.warmup) / (1.0 - self.warmup))
        return self.final + (1.0 - self.final) * 0.5 * (1.0 + cos(pi * fall))


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "step": Step,
    "exponential": Exponential,
    "cosine": Cosine,
}
