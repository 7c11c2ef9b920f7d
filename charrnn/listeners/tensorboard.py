"""Event files for TensorBoard: the record once more, in its format.

The only module that imports its package, the extra `tensorboard`. A file is a sequence of records,
each a protocol buffer `Event` with its length and checksums.
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

CLIPPED = 0.98  # of the past in the share of clipped steps: about the last 50 count
SCALARS = {
    "loss": "loss/train",
    "learning_rate": "optimizer/learning_rate",
    "grad_norm": "gradient/norm",
    "chars_per_second": "speed/chars_per_second",
}
SPLITS = {"val": "loss/validation", "test": "loss/test"}


def check_tensorboard() -> None:
    """Raise UsageError where the package is missing."""
    try:
        import tensorboard.compat.proto.event_pb2
        import tensorboard.summary.writer.record_writer  # noqa: F401
    except ImportError:
        raise UsageError(
            "output.tensorboard needs TensorBoard: pip install 'charrnn[tensorboard]', or set"
            " output.tensorboard=false"
        ) from None


class TensorBoard:
    """Writes each event of the record as soon as it happens. Raises OSError.

    A run is in one file. When it is resumed, its record so far is written first, into a new file,
    and the old file is emptied: so no step is there twice, and nothing is torn. `seconds` of
    training have passed; the times of events are those of a run without a break.
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
        self._add(event_of(line_of(event)))  # with the numbers of the record

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
        """Numbers under their tags, as far as there are any."""
        finite = {tag: value for tag, value in values.items() if isfinite(value)}
        scalars = [{"tag": tag, "simple_value": value} for tag, value in finite.items()]
        self._write(step, summary={"value": scalars})

    def _forget_from(self, step: int) -> None:
        """Make viewers drop what they have read of `step` and later ones."""
        self._write(step, session_log={"status": "START"})

    def _write(self, step: int, **what: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event as Record

        record = Record(wall_time=self.began + self.seconds, step=step, **what)
        self.writer.write(record.SerializeToString())


def _retire(files: Sequence[Path]) -> None:
    """Empty the last of them and remove the others. Raises OSError.

    A viewer at the end of the last one would not move on to the next if the last one were gone.
    """
    for file in files[:-1]:
        file.unlink()
    for file in files[-1:]:
        os.truncate(file, 0)


def _text(tag: str, text: str) -> dict[str, Any]:
    """A summary: a text, indented, so that it is shown as it is and not as Markdown."""
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
