"""The record of a run, metrics.jsonl: one JSON object per line, flushed immediately."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from charrnn.storage.files import open_regular, sync_folder, write_text
from charrnn.training.events import (
    Evaluated,
    Event,
    Finished,
    NotFinite,
    Started,
    event_of,
    line_of,
)


class Metrics:
    """A listener that appends the line of every recorded event. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("a", encoding="utf-8", newline="\n")

    def __call__(self, event: Event) -> None:
        line = line_of(event)
        if line is not None:
            self.file.write(json.dumps(line) + "\n")
            self.file.flush()

    def sync(self) -> None:
        """Flush the lines and the name of the file to disk (fsync). Raises OSError."""
        os.fsync(self.file.fileno())
        sync_folder(self.path.parent)

    def close(self) -> None:
        self.file.close()


def read_events(path: Path) -> Iterator[Event]:
    """The events of a record. Raises OSError.

    An incomplete line, such as the last one of a killed run, is skipped.
    """
    with open_regular(path) as file:
        for text in file:
            event = _parse(text)
            if event is not None:
                yield event


def rewind(path: Path, step: int, evaluated_step: int, rollbacks: int = 0) -> float:
    """Remove the lines that a run resumed after `step` will write again. Raises OSError.

    These are lines of later steps and evaluations, of an end of the run, and incomplete lines.
    Lines up to the last of `rollbacks` are never removed. Returns the seconds of training at
    `step`, 0 if they are not recorded.
    """
    if not path.exists():
        return 0.0
    lines, seconds = [], 0.0
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        event = _parse(text)
        if event is None:
            continue
        if rollbacks or _precedes(event, step, evaluated_step):
            lines.append(text)
            seconds = max(seconds, getattr(event, "seconds", 0.0))
        if rollbacks and isinstance(event, NotFinite) and event.then == "rollback":
            rollbacks -= 1
    write_text(path, "".join(f"{text}\n" for text in lines))
    return seconds


def _parse(text: str | bytes) -> Event | None:
    try:
        return event_of(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _precedes(event: Event, step: int, evaluated_step: int) -> bool:
    """True if `event` happened before the point from which a run is resumed."""
    match event:
        case Started():
            return True
        case Finished() | Evaluated(split="test") | NotFinite(then="stop" | "rollback"):
            return False
        case Evaluated():
            return event.step <= evaluated_step
        case _:
            return getattr(event, "step", 0) <= step
