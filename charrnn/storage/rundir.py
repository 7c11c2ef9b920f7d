"""A run directory: the paths of its files.

config.yaml   vocab.json   metrics.jsonl   checkpoints/step-00001000.npz   best.npz   last.npz
tensorboard/events.out.tfevents.NUMBER.charrnn, with output.tensorboard: true
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import time_ns

from charrnn.storage.checkpoint import refusal
from charrnn.storage.files import make_folder, remove_leftovers, sync_folder


@dataclass(frozen=True)
class RunDir:
    """The paths of one run."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.yaml"

    @property
    def vocab(self) -> Path:
        return self.path / "vocab.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def best(self) -> Path:
        return self.path / "best.npz"

    @property
    def last(self) -> Path:
        return self.path / "last.npz"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"

    def events(self) -> list[Path]:
        """The event files that charrnn has written for TensorBoard, oldest first."""
        return sorted(self.tensorboard.glob("events.out.tfevents.*.charrnn"))

    def new_events(self) -> Path:
        """The path of a new event file, which sorts after the earlier ones, as viewers expect."""
        return self.tensorboard / f"events.out.tfevents.{time_ns():019d}.charrnn"

    def step(self, step: int) -> Path:
        """The checkpoint written after `step`."""
        return self.checkpoints / f"step-{step:08d}.npz"

    def steps(self) -> list[Path]:
        """The checkpoints of single steps, oldest first."""
        return sorted(self.checkpoints.glob("step-*.npz"), key=_order)

    def steps_after(self, step: int) -> list[Path]:
        """The checkpoints of later steps."""
        return [path for path in self.steps() if _order(path) > _order(self.step(step))]

    def holds_a_run(self) -> bool:
        """True if the directory has files of a training run."""
        return any(path.exists() for path in (self.config, self.metrics, self.last, self.best))

    def prepare(self) -> None:
        """Create the folders, and remove temporary files of a killed run. Raises OSError."""
        for folder in (self.path, self.checkpoints):
            make_folder(folder)
            remove_leftovers(folder)

    def clear(self) -> None:
        """Permanently remove the files of an earlier run, and nothing else. Raises OSError."""
        single = (self.metrics, self.best, self.last, self.config, self.vocab)
        for path in (*self.steps(), *self.events(), *single):
            path.unlink(missing_ok=True)
        with suppress(OSError):  # it holds other files, or does not exist
            self.tensorboard.rmdir()
        for folder in (self.checkpoints, self.path):
            sync_folder(folder)


def _order(path: Path) -> tuple[int, str]:
    """A sort key: numbers with more digits than the padding come last."""
    return len(path.name), path.name


def checkpoint_path(path: Path) -> Path:
    """The checkpoint file that `path` refers to: itself, or best.npz in a run directory.

    Raises CheckpointError for a folder without best.npz.
    """
    try:
        if not path.is_dir():
            return path
        if (best := RunDir(path).best).exists():
            return best
    except OSError as error:
        raise refusal(path, f"cannot be read ({error.strerror})") from None
    raise refusal(
        path,
        "no best.npz in this folder; name a checkpoint file, or wait for the first evaluation of"
        " the run",
    )
