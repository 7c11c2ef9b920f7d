"""metrics.jsonl: one JSON object a line, flushed as it is written."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from math import isfinite, log, nan
from pathlib import Path
from typing import Any

from charrnn.storage.files import open_regular, sync_folder, write_text
from charrnn.training.events import (
    Evaluated,
    Event,
    Finished,
    Noted,
    NotFinite,
    Sampled,
    Started,
    Stepped,
)


class Metrics:
    """Appends a line for every event that concerns the record. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("a", encoding="utf-8", newline="\n")

    def __call__(self, event: Event) -> None:
        line = line_of(event)
        if line is not None:
            self.file.write(json.dumps(line) + "\n")
            self.file.flush()

    def sync(self) -> None:
        """Put what was written on the disk, and the file's name. Raises OSError."""
        os.fsync(self.file.fileno())
        sync_folder(self.path.parent)

    def close(self) -> None:
        self.file.close()


def line_of(event: Event) -> dict[str, Any] | None:
    """What the record says of an event, if anything."""
    match event:
        case Started() if event.resumed_step is not None:
            return {"event": "resume", "step": event.resumed_step, "version": event.version}
        case Started():
            return {
                "event": "start",
                "network": event.network,
                "parameters": event.parameters,
                "vocab_size": event.vocab_size,
                "train_chars": event.train_chars,
                "val_chars": event.val_chars,
                "test_chars": event.test_chars,
                "unigram_loss": event.unigram_loss,
                "workers": event.workers,
                "kernels": event.kernels,
                "version": event.version,
                "environment": event.environment,
            }
        case Stepped():
            return {
                "event": "step",
                "step": event.step,
                "epoch": round(event.epoch, 4),
                "loss": event.loss,
                "learning_rate": event.learning_rate,
                "grad_norm": event.grad_norm,
                "clipped": event.clipped,
                "chars_per_second": round(event.chars_per_second, 1),
                "seconds": round(event.seconds, 3),
            }
        case NotFinite():
            return {
                "event": "not_finite",
                "step": event.step,
                "what": event.what,
                "then": event.then,
                "now": event.now,
            }
        case Evaluated():
            return {
                "event": "eval",
                "step": event.step,
                "split": event.split,
                "loss": event.loss,
                "bits_per_char": event.loss / log(2),
                "best": event.best,
                "seconds": round(event.seconds, 3),
            }
        case Sampled():
            return {"event": "sample", "step": event.step, "text": event.text}
        case Noted():
            return {"event": "note", "step": event.step, "text": event.text}
        case Finished():
            return {
                "event": "finish",
                "reason": event.reason,
                "step": event.step,
                "best_loss": event.best_loss,
                "best_step": event.best_step,
                "seconds": round(event.seconds, 3),
                "clipped_share": round(event.clipped_share, 6),
            }
        case _:
            return None


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a record, as far as they are whole and of an event. Raises OSError.

    The last one of a run that goes on, or was killed, may be torn.
    """
    with open_regular(path) as file:
        for text in file:
            with suppress(ValueError, RecursionError):
                line = json.loads(text)
                if isinstance(line, dict) and isinstance(line.get("event"), str):
                    yield line


def number_in(line: dict[str, Any], key: str) -> float:
    """A number, or a truth as 0 or 1, of a line; NaN where there is none, or it is not finite."""
    value = line.get(key)
    try:
        number = float(value) if isinstance(value, int | float) else nan
    except OverflowError:
        return nan
    return number if isfinite(number) else nan


def rewind(path: Path, step: int, evaluated_step: int, rollbacks: int = 0) -> float:
    """Take back what the record says of steps after `step`: a resumed run will say it again.

    Drops the lines of later steps and evaluations, of any end, and a last line that was torn. What
    came before the last of the `rollbacks` is history, and stays. Returns the seconds of training
    that had passed at `step`, 0 if the record does not tell.
    """
    if not path.exists():
        return 0.0
    kept, seconds, to_come = [], 0.0, rollbacks
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError, TypeError, AttributeError):  # torn, or not a line of ours
            line = json.loads(text)
            if to_come or _precedes(line, step, evaluated_step):
                kept.append(text)
                seconds = max(seconds, float(line.get("seconds", 0.0)))
            to_come -= to_come > 0 and line.get("then") == "rollback"
    write_text(path, "".join(f"{text}\n" for text in kept))
    return seconds


def _precedes(line: Any, step: int, evaluated_step: int) -> bool:
    match line:
        case {"event": "step" | "sample" | "note" | "resume", "step": int(at)}:
            return at <= step
        case {"event": "eval", "split": "val", "step": int(at)}:
            return at <= evaluated_step
        case {"event": "not_finite", "then": "skip", "step": int(at)}:
            return at <= step
        case {"event": "start"}:
            return True
        case _:
            return False
