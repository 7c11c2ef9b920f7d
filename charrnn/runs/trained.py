"""A trained model: what a checkpoint file gives to those who want to use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from charrnn.config import Config, build
from charrnn.errors import CheckpointError, ConfigError, DataError, UsageError
from charrnn.nn.arrays import Floats
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.storage.checkpoint import Checkpoint, read_checkpoint, refusal
from charrnn.storage.rundir import checkpoint_path
from charrnn.text.vocab import Vocabulary
from charrnn.training.snapshot import check_arrays, params_from


@dataclass(frozen=True)
class Trained:
    """A network with its weights, its vocabulary, and the config that it was trained with."""

    path: Path
    model: CharModel
    params: Params
    vocabulary: Vocabulary
    config: Config
    step: int
    slots: Mapping[str, Floats] = field(default_factory=dict)  # of the optimizer, as they are saved
    corpus_sha256: str = ""  # of the text that it was trained on

    @property
    def mean_square(self) -> Floats | None:
        """Of the gradients in training (N,), if its optimizer knows: Adam's v, RMSprop's s."""
        slot = build.optimizer(self.config).mean_square
        if slot is None or not self.slots:
            return None
        return params_from(self.slots, self.model, f"slots/{slot}").flat


def load(path: str | Path) -> Trained:
    """Load a checkpoint file, or the best of a run directory. Raises CheckpointError."""
    file = checkpoint_path(Path(path))
    return unpack(file, read_checkpoint(file))


def unpack(path: Path, checkpoint: Checkpoint) -> Trained:
    """The model in a checkpoint that was read from `path`. Raises CheckpointError."""
    config, vocabulary, model = contents(path, checkpoint)
    params = params_from(checkpoint.arrays, model)
    slots = {name: a for name, a in checkpoint.arrays.items() if name.startswith("slots/")}
    step = checkpoint.header["step"]
    corpus = checkpoint.header["corpus_sha256"]
    return Trained(path, model, params, vocabulary, config, step, slots, corpus)


class Contents(NamedTuple):
    """What a checkpoint is of."""

    config: Config
    vocabulary: Vocabulary
    model: CharModel


def contents(path: Path, checkpoint: Checkpoint) -> Contents:
    """What a checkpoint from `path` is of, once all in it is seen to fit together.

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


def header_of(config: Config, vocabulary: Vocabulary, corpus_sha256: str) -> dict[str, Any]:
    """What a checkpoint says of its model. Where it lies is not part of what it is."""
    values = config.to_dict()
    del values["output"]
    return {
        "config": values,
        "vocabulary": vocabulary.to_json(),
        "corpus_sha256": corpus_sha256,
    }
