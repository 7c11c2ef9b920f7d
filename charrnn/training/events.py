"""What happens in a training run, in the order it happens. Losses are in nats per character."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Split: TypeAlias = Literal["val", "test"]
Reason: TypeAlias = Literal[
    "max_steps", "max_epochs", "max_minutes", "patience", "interrupted", "diverged"
]


@dataclass(frozen=True)
class Started:
    """Everything is ready. Counts are of characters (at level byte, of bytes)."""

    run: str  # the run directory
    resumed_step: int | None  # None: a new run
    network: str  # in words, as "lstm 2x128"
    parameters: int
    tape_bytes: int  # memory of one chunk's activations
    vocab_size: int
    train_chars: int
    val_chars: int
    test_chars: int
    unknown_val: int  # characters of the split that the vocabulary does not have
    unknown_test: int
    uniform_loss: float  # ln V: the loss of knowing nothing
    unigram_loss: float  # the loss of knowing how frequent each character is
    steps: int | None  # the last step, where a limit tells it
    endless: bool  # no limit at all: it trains until it is stopped
    steps_per_epoch: int
    workers: int  # processes that train together
    threads: int | None  # BLAS threads of each; None: as the environment says
    kernels: str  # the set that does the work
    version: str
    environment: str  # what the program runs on, in words
    notes: tuple[str, ...]  # what was changed or should be known, a sentence each


@dataclass(frozen=True)
class Stepped:
    """The weights have changed. `loss` is of the chunk, before the change."""

    step: int
    epoch: float  # passes over the training part, in fractions
    progress: float  # share of the run that is done, 0 to 1
    loss: float
    learning_rate: float
    grad_norm: float  # before clipping
    clipped: bool  # whether clipping cut it
    chars_per_second: float
    seconds: float  # of training, since the run's start


@dataclass(frozen=True)
class NotFinite:
    """A number of `step` is NaN or infinite, so the step was not taken."""

    step: int  # the step that could not be taken
    what: str  # the first array that is not finite, in words
    then: Literal["stop", "skip", "rollback"]
    now: int  # the step of the state that the run goes on from


@dataclass(frozen=True)
class Evaluating:
    """A full pass over a split is under way."""

    split: Split
    done: int  # characters
    total: int


@dataclass(frozen=True)
class Evaluated:
    """A full pass over a split is done. `best`: it is the lowest validation loss so far."""

    step: int  # of the weights that were evaluated
    split: Split
    loss: float
    best: bool
    seconds: float


@dataclass(frozen=True)
class Sampled:
    """What the model writes by now."""

    step: int
    text: str


@dataclass(frozen=True)
class Noted:
    """Something that a user should know has come up."""

    step: int
    text: str


@dataclass(frozen=True)
class Ending:
    """No step follows. What does, the last judgement, is not part of the run's state.

    So a run that goes on beyond this end is the run that never ended here.
    """

    reason: Reason
    step: int


@dataclass(frozen=True)
class Finished:
    """Nothing follows. `best_loss` is None where nothing was ever evaluated."""

    reason: Reason
    step: int
    best_loss: float | None
    best_step: int
    seconds: float
    clipped_share: float  # of all steps, those whose gradient was cut


Event: TypeAlias = (
    Started | Stepped | NotFinite | Evaluating | Evaluated | Sampled | Noted | Ending | Finished
)
