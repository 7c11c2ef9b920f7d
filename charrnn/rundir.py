"""A run directory: which file in it is which, and which checkpoint is the one to go on from.

config.yaml   vocab.json   metrics.jsonl   checkpoints/step-00001000.npz   best.npz   last.npz
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from charrnn.checkpoint import Checkpoint, read_checkpoint, refusal
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

    def latest(self) -> "Latest":
        """The checkpoint of the highest step among those that verify.

        A file that does not verify is passed over: the one before it is then the latest.
        """
        damaged: list[str] = []
        newest = _first_whole(self.steps()[::-1], damaged)
        last = _first_whole([self.last] if self.last.exists() else [], damaged)
        found = [one for one in (newest, last) if one is not None]
        return Latest(max(found, key=lambda one: one[1].header["step"], default=None), damaged)


class Latest(NamedTuple):
    """The file that a run goes on from, and what is wrong with those that were passed over."""

    found: tuple[Path, Checkpoint] | None
    damaged: list[str]


def _first_whole(paths: Sequence[Path], damaged: list[str]) -> tuple[Path, Checkpoint] | None:
    """The first of the files that verifies; complaints of those before it join `damaged`."""
    for path in paths:
        try:
            return path, read_checkpoint(path)
        except CheckpointError as error:
            damaged.append(str(error))
    return None


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
