"""A run directory: which file in it is which, and which checkpoint is the one to go on from.

config.yaml   vocab.json   metrics.jsonl   checkpoints/step-00001000.npz   best.npz   last.npz
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from charrnn.checkpoint import Checkpoint, read_checkpoint
from charrnn.errors import CheckpointError


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

    def step(self, step: int) -> Path:
        """The checkpoint written after `step`."""
        return self.path / "checkpoints" / f"step-{step:08d}.npz"

    def steps(self) -> list[Path]:
        """The checkpoints of single steps, oldest first."""
        return sorted(self.path.glob("checkpoints/step-*.npz"))

    def holds_a_run(self) -> bool:
        """Whether a training run has been here before."""
        return any(path.exists() for path in (self.config, self.metrics, self.last, self.best))

    def clear(self) -> None:
        """Remove the files of an earlier run, and nothing else. Raises OSError."""
        mine = (self.metrics, self.best, self.last, self.config, self.vocab)
        for path in (*self.steps(), *mine):
            path.unlink(missing_ok=True)

    def latest(self) -> tuple[Path, Checkpoint] | None:
        """The checkpoint of the highest step among those that verify, or None if there is none.

        A file that does not verify is passed over: the one before it is then the latest.
        """
        found = []
        for path in (*self.steps()[::-1], self.last):
            with suppress(CheckpointError):
                found.append((path, read_checkpoint(path)))
        return max(found, key=lambda pair: int(pair[1].header["step"]), default=None)


def checkpoint_path(path: Path) -> Path:
    """The file that a user means by `path`: a checkpoint, or a run directory's best.

    Raises CheckpointError that says what is there instead.
    """
    try:
        if not path.exists():
            raise CheckpointError(f"{path}: there is no such file or run directory")
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror})") from None
    if not path.is_dir():
        return path
    best = RunDir(path).best
    if not best.exists():
        raise CheckpointError(
            f"{path}: no best.npz in this folder; name a checkpoint file, or wait for the first"
            " evaluation of the run"
        )
    return best
