"""Events of a training run, in the order they happen. Losses are in nats per character.

The fields of an event are its line in metrics.jsonl, except where its annotations say otherwise;
RECORDED has the events that have a line.
"""

from dataclasses import dataclass, field
from math import log, nan
from typing import Annotated, Any, Literal, TypeAlias

from charrnn.training.event_lines import Default, Rounded, Unrecorded, from_line, to_line

Split: TypeAlias = Literal["val", "test"]
Reason: TypeAlias = Literal[
    "max_steps", "max_epochs", "max_minutes", "patience", "interrupted", "diverged"
]
Count: TypeAlias = Annotated[int, Default(0)]
Words: TypeAlias = Annotated[str, Default("")]
Seconds: TypeAlias = Annotated[float, Rounded(3)]


@dataclass(frozen=True)
class Started:
    """Everything is ready. Counts are of characters (at level byte, of bytes)."""

    run: Annotated[str, Unrecorded("")]  # the run directory
    resumed_step: Annotated[int | None, Unrecorded(None)]  # None: a new run
    network: Words  # in words, as "lstm 2x128"
    parameters: Count
    tape_bytes: Annotated[int, Unrecorded(0)]  # memory of one chunk's activations
    vocab_size: Count
    train_chars: Count
    val_chars: Count
    test_chars: Count
    unknown_val: Annotated[int, Unrecorded(0)]  # characters that the vocabulary does not have
    unknown_test: Annotated[int, Unrecorded(0)]
    uniform_loss: Annotated[float, Unrecorded(nan)]  # ln V: the loss of a uniform guess
    unigram_loss: float  # the loss of the characters' frequencies
    steps: Annotated[int | None, Unrecorded(None)]  # the last step, if a limit determines it
    endless: Annotated[bool, Unrecorded(False)]  # without a limit: it trains until it is stopped
    steps_per_epoch: Annotated[int, Unrecorded(0)]
    workers: Count  # processes that train together
    threads: Annotated[int | None, Unrecorded(None)]  # BLAS threads of each; None: not set by us
    kernels: Words  # the kernel set in use
    version: Words
    environment: Words  # operating system, processor and libraries, in words
    notes: Annotated[tuple[str, ...], Unrecorded(())]  # what a user should know, a sentence each


@dataclass(frozen=True)
class Resumed:
    """The record's line for the start of a resumed run, in place of `Started`."""

    step: int
    version: Words


@dataclass(frozen=True)
class Stepped:
    """The weights have changed. `loss` is of the chunk, before the change."""

    step: int
    epoch: Annotated[float, Rounded(4)]  # passes over the training part, in fractions
    progress: Annotated[float, Unrecorded(nan)]  # share of the run that is done, 0 to 1
    loss: float
    learning_rate: float
    grad_norm: float  # before clipping
    clipped: Annotated[bool | None, Default(None)]  # whether clipping cut it; None: not recorded
    chars_per_second: Annotated[float, Rounded(1)]
    seconds: Seconds  # of training, since the run's start


@dataclass(frozen=True)
class NotFinite:
    """A number of `step` is NaN or infinite, so the step was not taken."""

    step: int  # the step that could not be taken
    what: str  # the first array that is not finite, in words
    then: Literal["stop", "skip", "rollback"]
    now: int  # the step of the state that the run continues from


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
    bits_per_char: float = field(init=False)
    best: Annotated[bool, Default(False)]
    seconds: Seconds

    def __post_init__(self) -> None:
        object.__setattr__(self, "bits_per_char", self.loss / log(2))


@dataclass(frozen=True)
class Sampled:
    """A sample of the model in training."""

    step: int
    text: str


@dataclass(frozen=True)
class Noted:
    """A note for the user, such as that the text has changed."""

    step: int
    text: str


@dataclass(frozen=True)
class Ending:
    """No step follows. The last evaluations do, and are not part of the run's state.

    So a run that is resumed beyond this end is the run that never ended here.
    """

    reason: Reason
    step: int


@dataclass(frozen=True)
class Finished:
    """Nothing follows. `best_loss` is None where nothing was ever evaluated."""

    reason: Reason
    step: int
    best_loss: float | None
    best_step: Count
    seconds: Seconds
    clipped_share: Annotated[float, Rounded(6)]  # of all steps, those whose gradient was cut


Event: TypeAlias = (
    Started
    | Resumed
    | Stepped
    | NotFinite
    | Evaluating
    | Evaluated
    | Sampled
    | Noted
    | Ending
    | Finished
)

RECORDED: dict[str, type[Event]] = {
    "start": Started,
    "resume": Resumed,
    "step": Stepped,
    "not_finite": NotFinite,
    "eval": Evaluated,
    "sample": Sampled,
    "note": Noted,
    "finish": Finished,
}


def line_of(event: Event) -> dict[str, Any] | None:
    """The line of `event` in the record, None where it has none."""
    if isinstance(event, Started) and event.resumed_step is not None:
        event = Resumed(event.resumed_step, event.version)  # the start is in the record already
    return next(
        (to_line(name, event) for name, kind in RECORDED.items() if type(event) is kind), None
    )


def event_of(line: Any) -> Event | None:
    """The event of a line of the record, None where it is not the line of an event."""
    name = line.get("event") if isinstance(line, dict) else None
    kind = RECORDED.get(name) if isinstance(name, str) else None
    event: Event | None = from_line(kind, line) if kind else None
    return event
