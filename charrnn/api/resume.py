"""Resuming: which checkpoint a run goes on from, and whether it is still the same run."""

from pathlib import Path
from typing import Any, NamedTuple

from charrnn.checkpoint import Checkpoint
from charrnn.config import Config, resume_changes
from charrnn.errors import CheckpointError, ConfigError, DataError
from charrnn.rundir import RunDir
from charrnn.text.vocab import Vocabulary


class Resumed(NamedTuple):
    """The checkpoint that a run goes on from, and what a user should know of that."""

    path: Path
    checkpoint: Checkpoint
    notes: tuple[str, ...]


def find_latest(run: RunDir, config: Config, *, new_text: bool) -> Resumed | None:
    """The latest checkpoint of `run`, if `config` is one that may go on with it.

    With a new text the path of the text may be another. None if no checkpoint was written yet.
    Raises ConfigError naming every key that differs and must not, and CheckpointError where there
    are checkpoints but none that can be read.
    """
    latest = run.latest()
    if latest is None:
        if run.last.exists() or run.steps():
            raise CheckpointError(
                f"{run.path}: none of its checkpoints can be read; begin anew with --force"
            )
        return None
    path, checkpoint = latest
    allowed, refused = resume_changes(_config_of(path, checkpoint), config)
    if new_text:
        allowed += [one for one in refused if one.key == "data.path"]
        refused = [one for one in refused if one.key != "data.path"]
    if refused:
        raise ConfigError([f"--resume: {_change(*one)} must not change" for one in refused])
    kept = [one for one in allowed if not one[0].startswith("output.")]
    return Resumed(path, checkpoint, tuple(f"changed: {_change(*one)}" for one in kept))


def check_same_text(resumed: Resumed, sha256: str, vocabulary: Vocabulary) -> None:
    """Raise DataError where the text or the vocabulary is not that of the checkpoint."""
    if vocabulary != vocabulary_of(resumed) or is_new_text(resumed, sha256):
        raise DataError(
            f"--resume: the text is not the one that {resumed.path} was trained on; put the old"
            " text back, go on with the new one by --allow-new-text, or begin a new run from its"
            " weights with --init-from"
        )


def is_new_text(resumed: Resumed, sha256: str) -> bool:
    """Whether a text of this digest is another than that of the checkpoint."""
    return bool(resumed.checkpoint.header["corpus_sha256"] != sha256)


def vocabulary_of(resumed: Resumed) -> Vocabulary:
    """The vocabulary of a checkpoint. Raises CheckpointError."""
    try:
        return Vocabulary.from_json(resumed.checkpoint.header["vocabulary"])
    except (DataError, KeyError) as error:
        raise CheckpointError(f"{resumed.path}: its header cannot be used ({error})") from None


def _config_of(path: Path, checkpoint: Checkpoint) -> Config:
    try:
        return Config.from_dict(checkpoint.header["config"])
    except (ConfigError, KeyError) as error:
        raise CheckpointError(f"{path}: its config cannot be used ({error})") from None


def _change(key: str, old: Any, new: Any) -> str:
    return f"{key} was {old}, is {new}"
