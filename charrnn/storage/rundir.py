"""A run directory: the paths of its files.

config.yaml   vocab.json   metrics.jsonl   checkpoints/step-00001000.npz   best.npz   last.npz
tensorboard/events.out.tfevents.NUMBER.charrnn, if output.tensorboard says so
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
        """The event files that we have written for TensorBoard, oldest first."""
        return sorted(self.tensorboard.glob("events.out.tfevents.*.charrnn"))

    def new_events(self) -> Path:
        """A new name that sorts after the earlier ones, as viewers expect."""
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
        """Whether a training run has been here before."""
        return any(path.exists() for path in (self.config, self.metrics, self.last, self.best))

    def prepare(self) -> None:
        """Have all folders, and no file that an earlier run was killed over. Raises OSError."""
        for folder in (self.path, self.checkpoints):
            make_folder(folder)
            remove_leftovers(folder)

    def clear(self) -> None:
        """Remove the files of an earlier run, for good, and nothing else. Raises OSError."""
        mine = (self.metrics, self.best, self.last, self.config, self.vocab)
        for path in (*self.steps(), *self.events(), *mine):
            path.unlink(missing_ok=True)
        with suppress(OSError):  # it holds what is not ours, or was never there
            self.tensorboard.rmdir()
        for folder in (self.checkpoints, self.path):
            sync_folder(folder)


def _order(path: Path) -> tuple[int, str]:
    """Numbers of more digits than they are padded to come last."""
    return len(path.name), path.name


def checkpoint_path(path: Path) -> Path:
    """The file that a user means by `path`: a checkpoint, or a run directory's best.

    Raises CheckpointError for a folder without one.
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
