"""The sections of a config. What stands here is the default, the rule and the documentation."""

from dataclasses import dataclass
from typing import Literal

from charrnn.config.keys import Choice, choice
from charrnn.config.kinds import Symbol
from charrnn.nn.cells import CELLS
from charrnn.nn.initializers import INITIALIZERS
from charrnn.settings import Rule, above, at_least, between, from_up_to, one_of, setting
from charrnn.text.read import is_encoding

ROUNDING = 1e-6


def is_split(shares: tuple[float, float, float]) -> bool:
    """Whether the shares cover the text, and leave something to learn from."""
    return shares[0] > 0 and min(shares) >= 0 and abs(sum(shares) - 1) <= ROUNDING


A_NAME = Rule(bool, "that is not empty", {"minLength": 1})
PATHS = Rule(
    lambda paths: paths and all(paths),
    "with none of them empty",
    {"minLength": 1, "minItems": 1, "items": {"type": "string", "minLength": 1}},
)
ENCODING = Rule(is_encoding, "that names an encoding, such as utf-8", {"minLength": 1})
SPLIT = Rule(
    is_split,
    "of at least 0 that sum to 1, the first of them above 0",
    {"items": {"type": "number", "minimum": 0, "maximum": 1 + ROUNDING}},
)


@dataclass(frozen=True)
class DataConfig:
    """The text, and how it is read."""

    path: tuple[str, ...] = setting(
        ("data/fables.txt",),
        "the text: a file, a list of files or a glob, relative to the working directory",
        PATHS,
    )
    encoding: str = setting("utf-8", "the encoding of the files", ENCODING)
    level: str = setting("char", "what one symbol is", one_of("char", "byte"))
    newlines: str = setting(
        "lf",
        "line ends: lf makes all of them \\n, keep leaves them as they are",
        one_of("lf", "keep"),
    )
    min_count: int = setting(
        1, "symbols seen less often than this become the unknown symbol", at_least(1)
    )
    lowercase: bool = setting(False, "turn capital letters into small ones")
    normalize: str | None = setting(
        None, "the Unicode normal form to bring the text into", one_of("NFC", "NFKC")
    )
    vocabulary: str = setting(
        "all",
        "the part of the text whose symbols make the vocabulary",
        one_of("all", "train"),
    )
    records: Symbol | None = setting(
        None,
        'the character that ends an example, such as "\\n": each is read by itself, and its end '
        "is learnt; the split is of shuffled examples",
    )
    split: tuple[float, float, float] = setting(
        (0.9, 0.05, 0.05), "the shares of training, validation and test, in this order", SPLIT
    )


@dataclass(frozen=True)
class ModelConfig:
    """The network."""

    cell: Choice = choice("lstm", "the recurrent cell", CELLS)
    init: Choice = choice("default", "how the weights start", INITIALIZERS)
    hidden_size: int = setting(128, "hidden units of each layer", at_least(1))
    num_layers: int = setting(2, "recurrent layers, one on top of the other", between(1, 1000))
    embedding_size: int = setting(
        0, "width of a learned vector for each symbol; 0 is one-hot input", at_least(0)
    )
    dropout: float = setting(
        0.0,
        "share of units dropped between layers and before the output while training",
        from_up_to(0, 1),
    )
    output_dropout: float | None = setting(
        None, "share of units dropped before the output; null is as dropout", from_up_to(0, 1)
    )
    input_dropout: float = setting(
        0.0, "share of characters that are not read while training", from_up_to(0, 1)
    )
    recurrent_dropout: float = setting(
        0.0,
        "share of units that a step does not read of its past; the same for a whole chunk",
        from_up_to(0, 1),
    )
    weight_dropout: float = setting(
        0.0, "share of recurrent weights dropped at each step of training", from_up_to(0, 1)
    )
    zoneout: float = setting(
        0.0, "share of the units of a state that stay as they were", from_up_to(0, 1)
    )
    variational: bool = setting(
        False, "drop the same units, or kinds of characters, at all steps of a track's chunk"
    )
    tie_weights: bool = setting(
        False, "use the embedding as output weights too; needs embedding_size = hidden_size"
    )
    learn_initial_state: bool = setting(False, "learn the state a text starts from; else it is 0")


@dataclass(frozen=True)
class TrainConfig:
    """The training: how much is read at a time, and when it ends."""

    batch_size: int = setting(50, "tracks of the text that are read side by side", at_least(1))
    seq_length: int = setting(
        50, "steps through which gradients flow back (k2 of truncated BPTT)", at_least(1)
    )
    stride: int | None = setting(
        None,
        "new symbols read at each step (k1 of truncated BPTT), at most seq_length; "
        "null is seq_length",
        at_least(1),
    )
    seq_jitter: float = setting(
        0.0,
        "how much the ends of chunks move at random in every epoch, as a share of their length",
        from_up_to(0, 1),
    )
    recompute: int | None = setting(
        None,
        "keep only this many steps in memory and compute the others again on the way back; "
        "null keeps all",
        at_least(1),
        resumable=True,
    )
    max_epochs: float | None = setting(
        50.0,
        "end after this many passes over the text; null if max_steps or max_minutes is given "
        "and this is not",
        above(0),
        resumable=True,
    )
    max_steps: int | None = setting(None, "end after this many steps", above(0), resumable=True)
    max_minutes: float | None = setting(None, "end after this much time", above(0), resumable=True)
    clip_norm: float | None = setting(
        5.0, "scale the gradient down to this norm if it is longer", above(0)
    )
    clip_value: float | None = setting(
        None, "cut every element of the gradient to this size", above(0)
    )
    on_nonfinite: str = setting(
        "stop",
        "what follows a NaN or infinite loss or gradient: nothing; the next chunk; or the state of "
        "the last evaluation with half the learning rate",
        one_of("stop", "skip", "rollback"),
        resumable=True,
    )
    max_recoveries: int = setting(
        10, "end after so many skips in a row, or rollbacks in all", at_least(0), resumable=True
    )
    label_smoothing: float = setting(
        0.0, "share of every target that is spread evenly over all characters", from_up_to(0, 1)
    )
    gradient_noise: float = setting(
        0.0,
        "variance of the noise added to the first gradients; it falls with the steps",
        at_least(0),
    )
    average: float = setting(
        0.0,
        "share of the past in a running mean of the weights, which is what is evaluated, saved and "
        "sampled from; 0 is none",
        from_up_to(0, 1),
    )
    eval_every: int = setting(
        1000, "steps between two evaluations on the validation part", at_least(1), resumable=True
    )
    patience: int | None = setting(
        None,
        "end after this many evaluations in a row without a better loss",
        at_least(1),
        resumable=True,
    )
    seed: int = setting(1, "where all randomness of the run comes from", at_least(0))
    dtype: str = setting("float32", "the precision of all numbers", one_of("float32", "float64"))
    workers: int | Literal["auto"] = setting(
        1,
        "processes that share the tracks; auto is as many as pay on this machine",
        at_least(1),
        resumable=True,
    )


@dataclass(frozen=True)
class OutputConfig:
    """What a run writes, and where."""

    dir: str = setting("runs/fables-lstm", "the run directory", A_NAME, resumable=True)
    checkpoint_every: int = setting(
        1000, "steps between two checkpoints", at_least(1), resumable=True
    )
    keep: int = setting(
        2, "checkpoints to keep, beside the best and the last", at_least(1), resumable=True
    )
    sample_every: int | None = setting(
        None, "steps between two samples of generated text", at_least(1), resumable=True
    )
    tensorboard: bool = setting(
        False,
        "also write event files for TensorBoard; needs pip install 'charrnn[tensorboard]'",
        resumable=True,
    )
