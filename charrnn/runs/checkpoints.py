"""The checkpoints of a run: a training state with its config and vocabulary, in a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from charrnn.config import Config, build
from charrnn.errors import CheckpointError, ConfigError, DataError, UsageError
from charrnn.nn.model import CharModel
from charrnn.storage.checkpoint import Checkpoint, read_verified, refusal, write_checkpoint
from charrnn.storage.rundir import RunDir
from charrnn.text.vocab import Vocabulary
from charrnn.training.snapshot import check_arrays, header_counters, to_arrays, to_counters
from charrnn.training.state import TrainState


def save_checkpoint(
    path: Path, state: TrainState, config: Config, vocabulary: Vocabulary, corpus_sha256: str
) -> None:
    """Write `state` and the model it belongs to. Raises OSError."""
    header = to_counters(state) | header_of(config, vocabulary, corpus_sha256)
    write_checkpoint(path, header, to_arrays(state))


def header_of(config: Config, vocabulary: Vocabulary, corpus_sha256: str) -> dict[str, Any]:
    """The header's values for a model. The folder of the run is none of them."""
    values = config.to_dict()
    del values["output"]
    return {
        "config": values,
        "vocabulary": vocabulary.to_json(),
        "corpus_sha256": corpus_sha256,
    }


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint and verify all of it. Raises CheckpointError, which names the file."""
    return read_verified(path, header_counters())


class Contents(NamedTuple):
    """The model of a checkpoint, without its weights."""

    config: Config
    vocabulary: Vocabulary
    model: CharModel


def contents(path: Path, checkpoint: Checkpoint) -> Contents:
    """The model of a checkpoint from `path`, after a check that all parts of it fit together.

    Raises CheckpointError before anything is made of a size that its arrays do not have.
    """
    header, arrays = checkpoint
    try:
        config = _config_of(header)
        vocabulary = Vocabulary.from_json(header["vocabulary"])
        _check_text(config, vocabulary)
        if config.model.num_layers > len(arrays):
            raise CheckpointError(
                f"its config asks for {config.model.num_layers} layers; it has {len(arrays)} arrays"
            )
        model = build.model(config, vocabulary.size)
        check_arrays(
            arrays,
            header,
            model,
            build.optimizer(config),
            averaging=config.train.average > 0,
            dtype=config.train.dtype,
        )
    except (CheckpointError, DataError, UsageError) as error:
        raise refusal(path, error) from None
    return Contents(config, vocabulary, model)


def _config_of(header: dict[str, Any]) -> Config:
    try:
        return Config.from_dict(header["config"])
    except ConfigError as error:
        first, *others = error.problems
        more = f"; and {len(others)} more" if others else ""
        raise CheckpointError(f"its config cannot be used: {first}{more}") from None


def _check_text(config: Config, vocabulary: Vocabulary) -> None:
    """Raise an error where the config would read a text otherwise than the vocabulary has it."""
    build.text_format(config)
    if config.data.level != vocabulary.level:
        raise CheckpointError(
            f"its vocabulary is of level {vocabulary.level}, its config of {config.data.level}"
        )
    separator = config.data.records
    if separator is not None and ord(separator) not in vocabulary.symbols:
        raise CheckpointError(f"its vocabulary lacks {separator!r}, which ends a record")


class Latest(NamedTuple):
    """The checkpoint to resume from, with its path, and the complaints about damaged ones."""

    intact: tuple[Path, Checkpoint] | None
    damaged: list[str]


def latest_of(run: RunDir) -> Latest:
    """The checkpoint of the highest step among those that verify.

    A file that does not verify is passed over: the one before it is then the latest.
    """
    damaged: list[str] = []
    steps = _first_intact(run.steps()[::-1], damaged)
    last = _first_intact([run.last] if run.last.exists() else [], damaged)
    intact = [file for file in (steps, last) if file is not None]
    return Latest(max(intact, key=lambda file: _age(file[1]), default=None), damaged)


def _first_intact(paths: Sequence[Path], damaged: list[str]) -> tuple[Path, Checkpoint] | None:
    """The first of the files that verifies; complaints about those before it join `damaged`."""
    for path in paths:
        try:
            return path, read_checkpoint(path)
        except CheckpointError as error:
            damaged.append(str(error))
    return None


def _age(checkpoint: Checkpoint) -> tuple[int, int]:
    """The order of two checkpoints: by step, then by rollbacks."""
    return checkpoint.header["step"], checkpoint.header["rollbacks"]
