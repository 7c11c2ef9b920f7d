"""The history of a run, read from metrics.jsonl: of steps that were taken twice, the last time."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from charrnn.listeners.metrics import read_events
from charrnn.training.events import (
    Evaluated,
    Event,
    Finished,
    Noted,
    NotFinite,
    Resumed,
    Sampled,
    Started,
    Stepped,
)

Dated = TypeVar("Dated", Stepped, Evaluated, Sampled)


def read_history(path: Path) -> "History":
    """The history in the record `path`, which may be in the making. Raises OSError."""
    history = History()
    for event in read_events(path):
        history.add(event)
    return history


@dataclass
class History:
    """The events so far, in the order of their steps, without those that were taken back."""

    start: Started | None = None
    steps: list[Stepped] = field(default_factory=list)
    evals: list[Evaluated] = field(default_factory=list)  # of the validation part
    samples: list[Sampled] = field(default_factory=list)
    notes: list[Noted] = field(default_factory=list)
    resumes: list[int] = field(default_factory=list)  # steps
    not_finite: list[NotFinite] = field(default_factory=list)
    test: Evaluated | None = None
    ended: Finished | None = None

    def add(self, event: Event) -> None:
        match event:
            case Started():
                self.start = event
            case Stepped(step=step):
                self._back_to(step - 1)
                self.steps.append(event)
            case Evaluated(split="val"):
                _replace(self.evals, event)
            case Evaluated():
                self.test = event
            case Sampled():
                _replace(self.samples, event)
            case Noted():
                self.notes.append(event)
            case Resumed(step=step):
                self._back_to(step)
                self.resumes.append(step)
            case NotFinite():
                self.not_finite.append(event)
                if event.then == "rollback":
                    self._back_to(event.now)
            case Finished():
                self.ended = event

    def _back_to(self, step: int) -> None:
        """The run continues from `step`: drop all that came after it, and any end."""
        _drop_after(step, self.steps)
        _drop_after(step, self.evals)
        _drop_after(step, self.samples)
        self.test = self.ended = None


def _replace(events: list[Dated], event: Dated) -> None:
    """Append `event` in place of those of its step and later ones."""
    _drop_after(event.step - 1, events)
    events.append(event)


def _drop_after(step: int, events: list[Dated]) -> None:
    while events and events[-1].step > step:
        events.pop()
