"""A trained model, loaded from a checkpoint file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from charrnn.config import Config, build
from charrnn.nn.arrays import Floats
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.runs.checkpoints import contents, read_checkpoint
from charrnn.storage.checkpoint import Checkpoint
from charrnn.storage.rundir import checkpoint_path
from charrnn.text.vocab import Vocabulary
from charrnn.training.snapshot import params_from, slot_from, slots_in


@dataclass(frozen=True)
class Trained:
    """A network with its weights, its vocabulary, and the config that it was trained with."""

    path: Path
    model: CharModel
    params: Params
    vocabulary: Vocabulary
    config: Config
    step: int
    slots: Mapping[str, Floats] = field(default_factory=dict)  # of the optimizer, as saved
    corpus_sha256: str = ""  # of the text that it was trained on

    @property
    def mean_square(self) -> Floats | None:
        """The mean squared gradients of training (N,), if its optimizer keeps them, as Adam's v."""
        slot = build.optimizer(self.config).mean_square
        if slot is None or not self.slots:
            return None
        return slot_from(self.slots, self.model, slot)


def load(path: str | Path) -> Trained:
    """Load a checkpoint file, or the best of a run directory. Raises CheckpointError."""
    file = checkpoint_path(Path(path))
    return unpack(file, read_checkpoint(file))


def unpack(path: Path, checkpoint: Checkpoint) -> Trained:
    """The model in a checkpoint that was read from `path`. Raises CheckpointError."""
    config, vocabulary, model = contents(path, checkpoint)
    params = params_from(checkpoint.arrays, model)
    slots = slots_in(checkpoint.arrays)
    step = checkpoint.header["step"]
    corpus = checkpoint.header["corpus_sha256"]
    return Trained(path, model, params, vocabulary, config, step, slots, corpus)
