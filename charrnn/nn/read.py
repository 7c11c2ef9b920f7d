"""Reading without learning: the one forward pass outside training.

Losses, surprisal, activations and the state after a prime are folds over `read`, so all of them see
the same numbers.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from charrnn.nn.arrays import DType, Ids, States
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.model import CharModel
from charrnn.nn.ops import may_overflow
from charrnn.nn.params import Params
from charrnn.nn.tape import ModelTape

STEPS = 64  # of a span: few enough that its activations stay in a core's cache


class Span(NamedTuple):
    """T consecutive steps of B tracks that are read side by side."""

    x: Ids  # (T, B) ids that are read
    y: Ids  # (T, B) ids that follow them
    places: Ids  # (T, B) number of each prediction; below 0: warm-up or padding, not counted


class Stream(Protocol):
    """Tracks that are read side by side, each from the initial state on."""

    @property
    def tracks(self) -> int:
        """B."""

    @property
    def steps(self) -> int:
        """Steps of the longest span."""

    def spans(self) -> Iterator[Span]:
        """The spans in order; the state is carried from one to the next."""


class Read(NamedTuple):
    """A span that has been read. Tape and state are overwritten by the next one."""

    y: Ids  # (T, B)
    places: Ids  # (T, B)
    tape: ModelTape  # of T steps; its logits are only there if a place of the span is counted
    state: States  # after the last step, in the tape's own memory


def read(
    model: CharModel,
    p: Params,
    streams: Iterable[Stream],
    kernels: Kernels = NUMPY,
    start: States | None = None,
) -> Iterator[Read]:
    """Read the streams one after the other, each from the initial state, or from `start`.

    Noise is left out. Streams of as many tracks and as many steps, or fewer, share a tape.
    """
    tape: ModelTape | None = None
    for stream in streams:
        if tape is None or not _has_room(tape, stream):
            tape = None  # before another is made
            tape = tape_for(model, stream, p.flat.dtype, kernels)
            _prepare(model, p, tape)
        state = model.initial_state(p, stream.tracks) if start is None else start
        yield from _spans_read(model, p, stream, state, tape)


def last_read(model: CharModel, p: Params, stream: Stream) -> Read:
    """The last span of a stream, read from the initial state; the spans before it are not kept."""
    return deque(read(model, p, [stream]), maxlen=1).pop()


def _spans_read(
    model: CharModel, p: Params, stream: Stream, state: States, tape: ModelTape
) -> Iterator[Read]:
    """Read one stream. Views of the tape live no longer than this, so it can make way."""
    for x, y, places in stream.spans():
        part = tape.first(len(x))
        state = _forward(model, p, x, state, part, skip=0 if (places >= 0).any() else len(x))
        yield Read(y, places, part, state)


def tape_for(model: CharModel, stream: Stream, dtype: DType, kernels: Kernels = NUMPY) -> ModelTape:
    """The memory that `read` takes for a stream."""
    return model.tape(stream.steps, stream.tracks, dtype, kernels)


@dataclass(frozen=True, eq=False)
class Sequences:
    """A stream of B sequences of T ids, of which only the next id after the last is predicted."""

    ids: Ids  # (T, B)
    answers: Ids | None = None  # (B,) the ids that follow; None: unknown
    most: int = STEPS  # of a span

    @property
    def tracks(self) -> int:
        return int(self.ids.shape[1])

    @property
    def steps(self) -> int:
        return min(self.most, len(self.ids))

    def spans(self) -> Iterator[Span]:
        for first in range(0, len(self.ids), self.steps):
            x = self.ids[first : first + self.steps]
            places, y = np.full(x.shape, -1), np.zeros_like(x)
            if first + len(x) == len(self.ids):
                places[-1] = np.arange(self.tracks)
                y[-1] = 0 if self.answers is None else self.answers
            yield Span(x, y, places)


def _has_room(tape: ModelTape, stream: Stream) -> bool:
    T, B = tape.logits.shape[:2]
    return bool(stream.tracks == B and stream.steps <= T)


@may_overflow
def _prepare(model: CharModel, p: Params, tape: ModelTape) -> None:
    model.prepare(p, tape)


@may_overflow
def _forward(
    model: CharModel, p: Params, x: Ids, state: States, tape: ModelTape, skip: int
) -> States:
    return model.forward(p, x, state, tape, skip=skip)
