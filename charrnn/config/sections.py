"""The sections of a config: the default, the rule and the documentation of every key."""

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
    """True if the shares sum to 1 and the training part is not empty."""
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
    """The text and how to read it."""

    path: tuple[str, ...] = setting(
        ("data/fables.txt",),
        "the text: a file, a list of files or a glob, relative to the working directory",
        PATHS,
    )
    encoding: str = setting("utf-8", "encoding of the files", ENCODING)
    level: str = setting(
        "char", "unit of the vocabulary: characters or bytes", one_of("char", "byte")
    )
    newlines: str = setting(
        "lf",
        "line ends: lf reads CRLF and CR as \\n, keep leaves them unchanged",
        one_of("lf", "keep"),
    )
    min_count: int = setting(
        1, "symbols that occur less often become the unknown symbol, UNK", at_least(1)
    )
    lowercase: bool = setting(False, "lowercase the text")
    normalize: str | None = setting(
        None, "Unicode normalisation form to apply to the text", one_of("NFC", "NFKC")
    )
    vocabulary: str = setting(
        "all",
        "part of the text that the vocabulary is built from",
        one_of("all", "train"),
    )
    records: Symbol | None = setting(
        None,
        'separator of examples, such as "\\n": each example is read on its own and its end is '
        "predicted; the split shuffles the examples",
    )
    split: tuple[float, float, float] = setting(
        (0.9, 0.05, 0.05), "fractions for training, validation and test, in this order", SPLIT
    )


@dataclass(frozen=True)
class ModelConfig:
    """The network."""

    cell: Choice = choice("lstm", "recurrent cell", CELLS)
    init: Choice = choice("default", "initialisation of the weights", INITIALIZERS)
    hidden_size: int = setting(128, "number of hidden units per layer", at_least(1))
    num_layers: int = setting(2, "number of recurrent layers", between(1, 1000))
    embedding_size: int = setting(
        0, "size of the learned embedding of a symbol; 0: one-hot input", at_least(0)
    )
    dropout: float = setting(
        0.0,
        "dropout probability between layers and before the output",
        from_up_to(0, 1),
    )
    output_dropout: float | None = setting(
        None, "dropout probability before the output; null: same as dropout", from_up_to(0, 1)
    )
    input_dropout: float = setting(
        0.0, "probability of dropping an input character", from_up_to(0, 1)
    )
    recurrent_dropout: float = setting(
        0.0,
        "recurrent dropout: dropout probability of h_{t-1}, one mask per chunk",
        from_up_to(0, 1),
    )
    weight_dropout: float = setting(
        0.0,
        "DropConnect: dropout probability of the recurrent weights, one mask per training step",
        from_up_to(0, 1),
    )
    zoneout: float = setting(
        0.0, "zoneout probability: a unit keeps its previous value", from_up_to(0, 1)
    )
    variational: bool = setting(
        False, "variational dropout: one mask for all time steps of a chunk instead of one per step"
    )
    tie_weights: bool = setting(
        False, "tie the output weights to the embedding; needs embedding_size = hidden_size"
    )
    learn_initial_state: bool = setting(
        False, "learn the initial state, instead of starting from 0"
    )


@dataclass(frozen=True)
class TrainConfig:
    """The training: batches, regularisation, clipping, and when it ends."""

    batch_size: int = setting(
        50, "batch size: number of parallel streams through the text", at_least(1)
    )
    seq_length: int = setting(
        50, "number of steps that gradients flow back (k2 of truncated BPTT)", at_least(1)
    )
    stride: int | None = setting(
        None,
        "number of new symbols per training step (k1 of truncated BPTT), at most seq_length; "
        "null: seq_length",
        at_least(1),
    )
    seq_jitter: float = setting(
        0.0,
        "random shift of the ends of chunks in every epoch, as a fraction of their length",
        from_up_to(0, 1),
    )
    recompute: int | None = setting(
        None,
        "gradient checkpointing: keep the activations of this many steps and recompute the others "
        "in the backward pass; null: keep all",
        at_least(1),
        resumable=True,
    )
    max_epochs: float | None = setting(
        50.0,
        "maximum number of epochs; null: no limit, which is also the default where max_steps or "
        "max_minutes is given",
        above(0),
        resumable=True,
    )
    max_steps: int | None = setting(
        None, "maximum number of training steps", above(0), resumable=True
    )
    max_minutes: float | None = setting(
        None, "maximum training time in minutes", above(0), resumable=True
    )
    clip_norm: float | None = setting(5.0, "clip the norm of the gradient to this value", above(0))
    clip_value: float | None = setting(
        None, "clip each element of the gradient to [-x, x]", above(0)
    )
    on_nonfinite: str = setting(
        "stop",
        "reaction to a NaN or infinite loss or gradient: stop, skip the chunk, or roll back to the "
        "last evaluation and halve the learning rate",
        one_of("stop", "skip", "rollback"),
        resumable=True,
    )
    max_recoveries: int = setting(
        10, "maximum number of consecutive skips, or of all rollbacks", at_least(0), resumable=True
    )
    label_smoothing: float = setting(
        0.0,
        "label smoothing: fraction of each target spread evenly over all symbols",
        from_up_to(0, 1),
    )
    gradient_noise: float = setting(
        0.0,
        "variance of the Gaussian noise added to the gradients, decaying over the steps",
        at_least(0),
    )
    average: float = setting(
        0.0,
        "decay of an exponential moving average of the weights, which is evaluated, saved and "
        "sampled; 0: none",
        from_up_to(0, 1),
    )
    eval_every: int = setting(
        1000,
        "number of steps between evaluations on the validation part",
        at_least(1),
        resumable=True,
    )
    patience: int | None = setting(
        None,
        "early stopping: maximum number of consecutive evaluations without a better loss",
        at_least(1),
        resumable=True,
    )
    seed: int = setting(1, "random seed of the run", at_least(0))
    dtype: str = setting("float32", "floating-point precision", one_of("float32", "float64"))
    workers: int | Literal["auto"] = setting(
        1,
        "number of processes that share each batch; auto: as many as are worthwhile here",
        at_least(1),
        resumable=True,
    )


@dataclass(frozen=True)
class OutputConfig:
    """The files of a run."""

    dir: str = setting("runs/fables-lstm", "run directory", A_NAME, resumable=True)
    checkpoint_every: int = setting(
        1000, "number of steps between checkpoints", at_least(1), resumable=True
    )
    keep: int = setting(
        2,
        "number of checkpoints to keep, in addition to the best and the last",
        at_least(1),
        resumable=True,
    )
    sample_every: int | None = setting(
        None, "number of steps between samples of generated text", at_least(1), resumable=True
    )
    tensorboard: bool = setting(
        False,
        "also write event files for TensorBoard (pip install 'charrnn[tensorboard]')",
        resumable=True,
    )
