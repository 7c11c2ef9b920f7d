"""Learning-rate schedules: the factor on the initial learning rate over the course of a run."""

from dataclasses import dataclass
from math import cos, pi, sqrt
from typing import ClassVar, NamedTuple, Protocol

from charrnn.settings import above, at_least, between, from_up_to, setting


class Moment(NamedTuple):
    """The position in a run at which a schedule is evaluated."""

    progress: float  # fraction of the run that is done, 0 to 1, by the limit that ends it first
    epoch: float  # passes over the training part, fractional
    step: float
    drops: int  # number of drops of the learning rate so far; see `Schedule.drops_after`


class Schedule(Protocol):
    """A frozen dataclass whose settings are its config keys."""

    spans_run: ClassVar[bool]  # True if the factor depends on `progress`, so the run needs an end
    uses_loss: ClassVar[bool]  # True if the rate ever drops, so the text needs a validation part

    def factor(self, moment: Moment) -> float:
        """The factor on the initial learning rate."""

    def drops_after(self, evals_since_best: int) -> bool:
        """True if the rate drops after this many evaluations in a row without a better loss."""


class IgnoresLoss:
    """Base of the schedules that do not depend on the validation loss."""

    uses_loss: ClassVar[bool] = False

    def drops_after(self, evals_since_best: int) -> bool:
        return False


@dataclass(frozen=True)
class Constant(IgnoresLoss):
    """A constant learning rate."""

    spans_run: ClassVar[bool] = False

    def factor(self, moment: Moment) -> float:
        return 1.0


@dataclass(frozen=True)
class Step(IgnoresLoss):
    """Multiply by `gamma` every `every` epochs, counted from epoch `start`."""

    every: float = setting(1.0, "number of epochs between drops", above(0))
    gamma: float = setting(0.5, "factor applied at each drop", between(0, 1))
    start: float = setting(0.0, "number of epochs before the first drop can happen", at_least(0))
    spans_run: ClassVar[bool] = False

    def factor(self, moment: Moment) -> float:
        return float(self.gamma ** max(0, (moment.epoch - self.start) // self.every))


@dataclass(frozen=True)
class Exponential(IgnoresLoss):
    """Exponential decay to the fraction `final` of the initial rate at the end of the run."""

    final: float = setting(
        0.01, "final learning rate, as a fraction of the initial one", between(0, 1)
    )
    spans_run: ClassVar[bool] = True

    def factor(self, moment: Moment) -> float:
        return float(self.final**moment.progress)


@dataclass(frozen=True)
class Cosine(IgnoresLoss):
    """Linear warmup, then cosine decay to `final` (Loshchilov and Hutter 2017)."""

    warmup: float = setting(0.02, "linear warmup, as a fraction of the run", from_up_to(0, 1))
    final: float = setting(
        0.0, "final learning rate, as a fraction of the initial one", between(0, 1)
    )
    spans_run: ClassVar[bool] = True

    def factor(self, moment: Moment) -> float:
        if moment.progress < self.warmup:
            return moment.progress / self.warmup
        decayed = min(1.0, (moment.progress - self.warmup) / (1.0 - self.warmup))
        return self.final + (1.0 - self.final) * 0.5 * (1.0 + cos(pi * decayed))


@dataclass(frozen=True)
class InverseSqrt(IgnoresLoss):
    """Linear warmup, then decay as 1/sqrt(step) (Vaswani et al. 2017, eq. 3)."""

    warmup: int = setting(1000, "number of linear warmup steps", at_least(1))
    spans_run: ClassVar[bool] = False

    def factor(self, moment: Moment) -> float:
        return min(moment.step / self.warmup, sqrt(self.warmup / max(moment.step, 1.0)))


@dataclass(frozen=True)
class Plateau:
    """Multiply by `gamma` after `patience` consecutive evaluations without a better loss."""

    gamma: float = setting(0.5, "factor applied at each drop", between(0, 1))
    patience: int = setting(
        2, "number of consecutive evaluations without a better loss before a drop", at_least(1)
    )
    spans_run: ClassVar[bool] = False
    uses_loss: ClassVar[bool] = True

    def factor(self, moment: Moment) -> float:
        return float(self.gamma**moment.drops)

    def drops_after(self, evals_since_best: int) -> bool:
        return evals_since_best > 0 and evals_since_best % self.patience == 0


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "step": Step,
    "exponential": Exponential,
    "cosine": Cosine,
    "inverse_sqrt": InverseSqrt,
    "plateau": Plateau,
}
