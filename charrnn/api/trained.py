"""A trained model: what a checkpoint file gives to those who want to use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charrnn import build
from charrnn.arrays import Floats
from charrnn.checkpoint import Checkpoint, read_checkpoint
from charrnn.config import Config
from charrnn.errors import CheckpointError, ConfigError, DataError
from charrnn.model import CharModel
from charrnn.params import Params
from charrnn.rundir import checkpoint_path
from charrnn.text.vocab import Vocabulary
from charrnn.training.snapshot import params_from


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
    header = checkpoint.header
    try:
        config = Config.from_dict(header["config"])
        vocabulary = Vocabulary.from_json(header["vocabulary"])
        step = int(header["step"])
    except (ConfigError, DataError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: its header cannot be used ({error})") from None
    model = build.model(config, vocabulary.size)
    try:
        params = params_from(checkpoint.arrays, model)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    slots = {name: a for name, a in checkpoint.arrays.items() if name.startswith("slots/")}
    return Trained(path, model, params, vocabulary, config, step, slots)


def header_of(config: Config, vocabulary: Vocabulary, corpus_sha256: str) -> dict[str, Any]:
    """What a checkpoint says of its model. Where it lies is not part of what it is."""
    values = config.to_dict()
    del values["output"]
    return {
        "config": values,
        "vocabulary": vocabulary.to_json(),
        "corpus_sha256": corpus_sha256,
    }
