"""The outcomes of training runs that are compared, read from their run directories."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np

from charrnn.errors import DataError
from charrnn.studies.curves.study import curves


@dataclass(frozen=True)
class Variant:
    """A config with some keys changed, under a seed."""

    label: str  # its name among the variants
    config: str
    overrides: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class Outcome:
    """The outcome of a variant. Losses are in nats per character; None where they are missing."""

    label: str
    run: str
    error: str | None  # the line that it failed with
    parameters: int | None = None
    steps: int | None = None
    chars_per_second: float | None = None  # median of its steps
    grad_norm: float | None = None  # median, before clipping
    val_loss: float | None = None  # the best
    test_loss: float | None = None  # of the best
    minutes: float | None = None
    curve: tuple[tuple[int, float], ...] = ()  # characters read, validation loss


@dataclass(frozen=True)
class Summary:
    """The outcomes of one label over its seeds."""

    label: str
    outcomes: tuple[Outcome, ...]

    @property
    def good(self) -> tuple[Outcome, ...]:
        return tuple(one for one in self.outcomes if one.error is None)

    def mean(self, name: str) -> float | None:
        """The mean of a figure over the seeds that did not fail."""
        values = self._values(name)
        return mean(values) if values else None

    def spread(self, name: str) -> float | None:
        """Half the distance between the best and the worst seed; None for one seed alone."""
        values = self._values(name)
        return (max(values) - min(values)) / 2 if len(values) > 1 else None

    def _values(self, name: str) -> list[float]:
        values = (getattr(one, name) for one in self.good)
        return [value for value in values if value is not None]


def summaries(outcomes: Sequence[Outcome]) -> list[Summary]:
    """The outcomes by label, the lowest validation loss first, failures last."""
    labels = dict.fromkeys(one.label for one in outcomes)
    found = [
        Summary(label, tuple(one for one in outcomes if one.label == label)) for label in labels
    ]
    return sorted(found, key=lambda one: (not one.good, one.mean("val_loss") or 0.0))


def outcome_of(variant: Variant, error: str | None) -> Outcome:
    """The outcome in its run directory; `error` is the line that it failed with, or None."""
    record = None
    with suppress(DataError):
        record = curves(variant.folder)
    if error is not None or record is None or not record.train.size:
        return Outcome(variant.label, str(variant.folder), error or "it took no step")
    return Outcome(
        label=variant.label,
        run=str(variant.folder),
        error=None,
        parameters=record.parameters,
        steps=int(record.along.steps[-1]),
        chars_per_second=float(np.median(record.chars_per_second)),
        grad_norm=float(np.median(record.grad_norm)),
        val_loss=record.best_val,
        test_loss=record.test,
        minutes=float(record.along.minutes[-1]),
        curve=tuple(
            (round(characters), loss)
            for characters, loss in zip(
                record.val_along.characters, record.val.tolist(), strict=True
            )
        ),
    )
