"""Event files for TensorBoard: the events of metrics.jsonl in TensorBoard's format.

This is the only module that imports the package of the extra `tensorboard`. A file is a sequence of
records, each a protocol buffer `Event` with its length and checksums.
"""

import os
import time
from collections.abc import Sequence
from math import isfinite, nan
from pathlib import Path
from typing import Any

from charrnn.errors import UsageError
from charrnn.listeners.metrics import read_events
from charrnn.storage.files import make_folder
from charrnn.storage.rundir import RunDir
from charrnn.training.events import Evaluated, Event, NotFinite, Sampled, Stepped, event_of, line_of
from charrnn.training.smoothing import Smoothing

CLIPPED = 0.98  # decay of the moving average of clipped steps: about the last 50 count
SCALARS = {
    "loss": "loss/train",
    "learning_rate": "optimizer/learning_rate",
    "grad_norm": "gradient/norm",
    "chars_per_second": "speed/chars_per_second",
}
SPLITS = {"val": "loss/validation", "test": "loss/test"}


def check_tensorboard() -> None:
    """Raise UsageError if the package is missing."""
    try:
        import tensorboard.compat.proto.event_pb2
        import tensorboard.summary.writer.record_writer  # noqa: F401
    except ImportError:
        raise UsageError(
            "output.tensorboard needs TensorBoard: pip install 'charrnn[tensorboard]', or set"
            " output.tensorboard=false"
        ) from None


class TensorBoard:
    """A listener that writes each recorded event immediately. Raises OSError.

    A run has one file. A resumed run first writes its record so far into a new file and empties the
    old one, so no step appears twice and no record is incomplete. `seconds` is the training time so
    far; the times of events are those of a run without interruption.
    """

    def __init__(self, run: RunDir, seconds: float) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        self.began = time.time() - seconds
        self.seconds = 0.0
        self.clipped = Smoothing(CLIPPED)
        make_folder(run.tensorboard)
        _retire(run.events())
        self.file = run.new_events().open("xb", buffering=0)
        self.writer = RecordWriter(self.file)
        try:
            self._write(0, file_version="brain.Event:2")
            self._forget_from(0)
            for event in read_events(run.metrics):
                self._add(event)
        except BaseException:
            self.file.close()
            raise

    def __call__(self, event: Event) -> None:
        self._add(event_of(line_of(event)))  # with numbers rounded as in metrics.jsonl

    def close(self) -> None:
        self.file.close()

    def _add(self, event: Event | None) -> None:
        self.seconds = max(self.seconds, getattr(event, "seconds", 0.0))
        match event:
            case Stepped():
                values = {tag: getattr(event, key) for key, tag in SCALARS.items()}
                share = self.clipped(nan if event.clipped is None else event.clipped)
                self._write_scalars(event.step, {**values, "gradient/clipped_share": share})
            case Evaluated():
                self._write_scalars(event.step, {SPLITS[event.split]: event.loss})
            case Sampled():
                self._write(event.step, summary=_text("sample", event.text))
            case NotFinite(then="rollback", now=step):
                self._forget_from(step + 1)

    def _write_scalars(self, step: int, values: dict[str, float]) -> None:
        """Write the finite values under their tags."""
        finite = {tag: value for tag, value in values.items() if isfinite(value)}
        scalars = [{"tag": tag, "simple_value": value} for tag, value in finite.items()]
        self._write(step, summary={"value": scalars})

    def _forget_from(self, step: int) -> None:
        """Make viewers discard the data of `step` and all later steps."""
        self._write(step, session_log={"status": "START"})

    def _write(self, step: int, **fields: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event as Record

        record = Record(wall_time=self.began + self.seconds, step=step, **fields)
        self.writer.write(record.SerializeToString())


def _retire(files: Sequence[Path]) -> None:
    """Empty the last of the event files and remove the others. Raises OSError.

    The last file must exist, or a viewer that is at its end would not continue with the next file.
    """
    for file in files[:-1]:
        file.unlink()
    for file in files[-1:]:
        os.truncate(file, 0)


def _text(tag: str, text: str) -> dict[str, Any]:
    """A text summary, indented so that viewers show it as code instead of Markdown."""
    code = "\n".join(f"    {line}" for line in text.splitlines())
    return {
        "value": [
            {
                "tag": tag,
                "metadata": {"plugin_data": {"plugin_name": "text"}},
                "tensor": {
                    "dtype": "DT_STRING",
                    "string_val": [code.encode("utf-8", "backslashreplace")],
                },
            }
        ]
    }
