"""What came of training runs that are compared: read from their run directories."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from charrnn.rundir import RunDir


@dataclass(frozen=True)
class Variant:
    """One thing to train: a config with some keys changed, under a seed."""

    label: str  # what tells it from the others
    config: str
    overrides: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class Outcome:
    """What came of a variant. Losses are in nats per character, None where there is none."""

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


def record_of(variant: Variant) -> list[dict[str, Any]]:
    """The lines of its metrics.jsonl that are whole; none where there is no such file."""
    lines: list[dict[str, Any]] = []
    with suppress(OSError):
        for line in RunDir(variant.folder).metrics.read_text(encoding="utf-8").splitlines():
            with suppress(json.JSONDecodeError):
                lines.append(json.loads(line))
    return lines


def outcome_of(variant: Variant, error: str | None) -> Outcome:
    """What its run directory tells; `error` is the line that it failed with, if it did."""
    record = record_of(variant)
    steps = [line for line in record if line["event"] == "step"]
    if error is not None or not steps:
        return Outcome(variant.label, str(variant.folder), error or "it took no step")
    by_split = {
        split: [line for line in record if line["event"] == "eval" and line["split"] == split]
        for split in ("val", "test")
    }
    start = next(line for line in record if line["event"] == "start")
    per_step = start["train_chars"] * steps[-1]["epoch"] / steps[-1]["step"]
    val = [line["loss"] for line in by_split["val"]]
    test = [line["loss"] for line in by_split["test"]]
    return Outcome(
        label=variant.label,
        run=str(variant.folder),
        error=None,
        parameters=start["parameters"],
        steps=steps[-1]["step"],
        chars_per_second=median(line["chars_per_second"] for line in steps),
        grad_norm=median(line["grad_norm"] for line in steps),
        val_loss=min(val, default=None),
        test_loss=test[-1] if test else None,
        minutes=steps[-1]["seconds"] / 60,
        curve=tuple((round(line["step"] * per_step), line["loss"]) for line in by_split["val"]),
    )
