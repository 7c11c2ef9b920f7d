"""Schedules: what the learning rate is multiplied with as the run goes on."""

from dataclasses import dataclass
from math import cos, pi, sqrt
from typing import ClassVar, NamedTuple, Protocol

from charrnn.settings import above, at_least, between, from_up_to, setting


class Moment(NamedTuple):
    """Where a run is."""

    progress: float  # share that is done, 0 to 1, of whichever limit was given
    epoch: float  # passes over the training part, in fractions
    step: float
    falls: int  # how often the schedule has asked for a lower rate


class Schedule(Protocol):
    """A frozen dataclass whose settings are its config keys."""

    spans_run: ClassVar[bool]  # whether it needs to know where the run ends

    def factor(self, now: Moment) -> float:
        """What multiplies the learning rate now."""

    def falls(self, stale: int) -> bool:
        """Whether the rate falls after so many evaluations in a row without a better loss."""


class Unmoved:
    """A schedule that does not look at the validation loss."""

    def falls(self, stale: int) -> bool:
        return False


@dataclass(frozen=True)
class Constant(Unmoved):
    """A constant learning rate."""

    spans_run: ClassVar[bool] = False

    def factor(self, now: Moment) -> float:
        return 1.0


@dataclass(frozen=True)
class Step(Unmoved):
    """Multiply by `gamma` every `every` epochs, counted from epoch `start`."""

    every: float = setting(1.0, "number of epochs between drops", above(0))
    gamma: float = setting(0.5, "factor applied at each drop", between(0, 1))
    start: float = setting(0.0, "number of epochs before the first drop can happen", at_least(0))
    spans_run: ClassVar[bool] = False

    def factor(self, now: Moment) -> float:
        return float(self.gamma ** max(0, (now.epoch - self.start) // self.every))


@dataclass(frozen=True)
class Exponential(Unmoved):
    """Exponential decay to the fraction `final` of the initial rate at the end of the run."""

    final: float = setting(
        0.01, "final learning rate, as a fraction of the initial one", between(0, 1)
    )
    spans_run: ClassVar[bool] = True

    def factor(self, now: Moment) -> float:
        return float(self.final**now.progress)


@dataclass(frozen=True)
class Cosine(Unmoved):
    """Linear warmup, then cosine decay to `final` (Loshchilov and Hutter 2017)."""

    warmup: float = setting(0.02, "linear warmup, as a fraction of the run", from_up_to(0, 1))
    final: float = setting(
        0.0, "final learning rate, as a fraction of the initial one", between(0, 1)
    )
    spans_run: ClassVar[bool] = True

    def factor(self, now: Moment) -> float:
        if now.progress < self.warmup:
            return now.progress / self.warmup
        fall = min(1.0, (now.progress - self.warmup) / (1.0 - self.warmup))
        return self.final + (1.0 - self.final) * 0.5 * (1.0 + cos(pi * fall))


@dataclass(frozen=True)
class InverseSqrt(Unmoved):
    """Linear warmup, then decay as 1/sqrt(step) (Vaswani et al. 2017, eq. 3)."""

    warmup: int = setting(1000, "number of linear warmup steps", at_least(1))
    spans_run: ClassVar[bool] = False

    def factor(self, now: Moment) -> float:
        return min(now.step / self.warmup, sqrt(self.warmup / max(now.step, 1.0)))


@dataclass(frozen=True)
class Plateau:
    """Multiply by `gamma` after `patience` consecutive evaluations without a better loss."""

    gamma: float = setting(0.5, "factor applied at each drop", between(0, 1))
    patience: int = setting(
        2, "number of consecutive evaluations without a better loss before a drop", at_least(1)
    )
    spans_run: ClassVar[bool] = False

    def factor(self, now: Moment) -> float:
        return float(self.gamma**now.falls)

    def falls(self, stale: int) -> bool:
        return stale > 0 and stale % self.patience == 0


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "step": Step,
    "exponential": Exponential,
    "cosine": Cosine,
    "inverse_sqrt": InverseSqrt,
    "plateau": Plateau,
}
