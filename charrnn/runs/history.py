"""The record of a run as it stands: of steps that were taken twice, the last time alone."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from charrnn.listeners.metrics import read_lines
from charrnn.training.events import NotFinite

MOST_STEPS = 2**53  # a float counts them exactly


class Passage(NamedTuple):
    """A text and the step that it is of."""

    step: int
    text: str


def read_record(path: Path) -> "Record":
    """What metrics.jsonl says by now, also while it is written. Raises OSError."""
    record = Record()
    for line in read_lines(path):
        record.add(line)
    return record


@dataclass
class Record:
    """The lines so far, in the order of their steps; what a later one takes back is gone."""

    start: dict[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    evals: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    notes: list[Passage] = field(default_factory=list)
    resumes: list[int] = field(default_factory=list)
    not_finite: list[NotFinite] = field(default_factory=list)
    test: dict[str, Any] | None = None
    ended: str | None = None

    def add(self, line: dict[str, Any]) -> None:
        match line:
            case {"event": "start"}:
                self.start = line
            case {"step": int(step)} if 0 <= step < MOST_STEPS:
                self._add_of(step, line)

    def _add_of(self, step: int, line: dict[str, Any]) -> None:
        match line:
            case {"event": "step"}:
                self._back_to(step - 1)
                self.steps.append(line)
            case {"event": "eval", "split": "val"}:
                _drop(self.evals, step - 1)
                self.evals.append(line)
            case {"event": "eval", "split": "test"}:
                self.test = line
            case {"event": "sample", "text": str()}:
                _drop(self.samples, step - 1)
                self.samples.append(line)
            case {"event": "note", "text": str(text)}:
                self.notes.append(Passage(step, text))
            case {"event": "resume"}:
                self._back_to(step)
                self.resumes.append(step)
            case {"event": "not_finite", "what": str(what), "then": str(then), "now": int(now)}:
                self.not_finite.append(NotFinite(step, what, then, now))  # type: ignore[arg-type]
                if then == "rollback":
                    self._back_to(now)
            case {"event": "finish", "reason": str(reason)}:
                self.ended = reason

    def _back_to(self, step: int) -> None:
        """The run goes on from `step`: what it told of later ones, or of an end, does not hold."""
        for lines in (self.steps, self.evals, self.samples):
            _drop(lines, step)
        self.test = self.ended = None


def _drop(lines: list[dict[str, Any]], step: int) -> None:
    """Remove those after `step`."""
    while lines and lines[-1]["step"] > step:
        lines.pop()
