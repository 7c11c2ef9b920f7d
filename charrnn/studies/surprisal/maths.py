"""What a model expects at every character of a text, and how surprised it is by what comes.

The surprisal of a character is -ln p of it, given all that stands before (Shannon 1948; Hale 2001);
its mean is the loss of the text. The entropy of a prediction is the surprisal that the model itself
expects there: -sum p ln p. Both are in nats.

A text is read as one sequence, from its first character to its last, with the state carried, so
each prediction knows all that was before it and none of the approximations of an evaluation by
tracks is made. Records are read each from the initial state, side by side.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Floats, Ids, States
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.model import CharModel
from charrnn.nn.ops import may_overflow, rows
from charrnn.nn.params import Params
from charrnn.nn.tape import ModelTape
from charrnn.text.part import Part, Records
from charrnn.text.records import window

GUESSES = 5
STEPS = 256  # of a chunk
GROUP = 64  # records that are read side by side


class Expectations(NamedTuple):
    """Of each of T predicted characters, in the order of the text. A record's end is one too.

    K is GUESSES, or V if that is less.
    """

    ids: Ids  # (T,) which character came
    nats: Floats  # (T,) its surprisal
    ranks: Ids  # (T,) its place among the model's guesses, the first is 1; equal ones share one
    entropies: Floats  # (T,) nats
    guesses: Ids  # (T, K) the likeliest characters, the likeliest first
    chances: Floats  # (T, K) their probabilities

    @classmethod
    def empty(cls, T: int, V: int, dtype: np.dtype[np.floating]) -> "Expectations":
        """Memory that nothing has been written to."""
        K, small = min(GUESSES, V), np.min_scalar_type(V)
        return cls(
            ids=np.empty(T, small),
            nats=np.empty(T, dtype),
            ranks=np.empty(T, small),
            entropies=np.empty(T, dtype),
            guesses=np.empty((T, K), small),
            chances=np.empty((T, K), dtype),
        )


class Chunk(NamedTuple):
    """A chunk of a reading: characters x, what follows y, and where that stands."""

    x: Ids  # (T, B)
    y: Ids  # (T, B)
    places: Ids  # (T, B) among all that is predicted; -1 where nothing is


class Reading:
    """One pass over `part`. Iterate it to the end, then read `found`.

    Its memory is that of `found`, some 35 bytes a character, and of one chunk.
    """

    def __init__(self, model: CharModel, p: Params, part: Part, kernels: Kernels = NUMPY) -> None:
        self.model, self.p, self.part, self.kernels = model, p, part, kernels
        self.found = Expectations.empty(part.targets, model.vocab_size, p.flat.dtype)

    def __iter__(self) -> Iterator[int]:
        """Yield, after every chunk, how many characters have been predicted."""
        done = 0
        for tracks, chunks in _sequences(self.part):
            tape = self.model.tape(STEPS, tracks, self.p.flat.dtype, self.kernels)
            self.model.prepare(self.p, tape)
            state = self.model.initial_state(self.p, tracks)
            for chunk in chunks:
                state = self._read(chunk, state, tape.first(len(chunk.x)))
                done += int(np.count_nonzero(chunk.places >= 0))
                yield done

    @may_overflow
    def _read(self, chunk: Chunk, state: States, tape: ModelTape) -> States:
        """Predict a chunk, keep what is found, and return the state after it."""
        state = self.model.forward(self.p, chunk.x, state, tape)
        losses = self.model.losses(chunk.y, tape)
        self._keep(chunk.places.reshape(-1), chunk.y.reshape(-1), losses, rows(tape.logits))
        return state

    def _keep(self, places: Ids, y: Ids, losses: Floats, p: Floats) -> None:
        """Write what R predictions `p` (R, V), which are overwritten, say of `y` (R,)."""
        if (places < 0).any():
            counted = places >= 0
            places, y, losses, p = places[counted], y[counted], losses[counted], p[counted]
        found = self.found
        found.ids[places] = y
        found.nats[places] = losses
        found.ranks[places] = rank_of(p, y)
        found.entropies[places] = entropy_of(p)
        found.guesses[places], found.chances[places] = best_of_(p, found.guesses.shape[1])


def rank_of(p: Floats, ids: Ids) -> Ids:
    """How many of each row of `p` (R, V) are greater than that of `ids` (R,), and 1."""
    chosen = np.take_along_axis(p, ids[:, None], axis=1)
    ranks: Ids = 1 + np.count_nonzero(p > chosen, axis=1)
    return ranks


def entropy_of(p: Floats) -> Floats:
    """-sum p ln p of each row of `p` (R, V), in nats; 0 ln 0 is 0."""
    logs = np.zeros_like(p)
    np.log(p, out=logs, where=p > 0)
    entropies: Floats = -np.einsum("rv,rv->r", p, logs) + 0.0  # not -0.0
    return entropies


def best_of_(p: Floats, K: int) -> tuple[Ids, Floats]:
    """The K greatest of each row of `p` (R, V), the greatest first: where, and what (R, K).

    Of equal ones the first. Overwrites `p`: what has been taken is -1.
    """
    ids, values = np.empty((len(p), K), np.intp), np.empty((len(p), K), p.dtype)
    every = np.arange(len(p))
    for k in range(K):
        ids[:, k] = p.argmax(axis=1)
        values[:, k] = p[every, ids[:, k]]
        p[every, ids[:, k]] = -1.0
    return ids, values


def _sequences(part: Part) -> Iterator[tuple[int, Iterator[Chunk]]]:
    """What is read from an initial state on: how many tracks side by side, and their chunks."""
    if part.records is None:
        yield 1, _chunks_of_text(part)
        return
    records = part.records
    order = np.argsort(records.lengths, kind="stable")
    begins = np.cumsum(records.lengths + 1) - records.lengths - 1
    for group in np.array_split(order, -(-len(order) // GROUP)):
        yield len(group), _chunks_of_records(part, records, group, begins[group])


def _chunks_of_text(part: Part) -> Iterator[Chunk]:
    for start in range(0, part.targets, STEPS):
        places = np.arange(start, min(start + STEPS, part.targets))[:, None]
        yield Chunk(part.window(places), part.window(places + 1), places)


def _chunks_of_records(part: Part, records: Records, group: Ids, begins: Ids) -> Iterator[Chunk]:
    longest = int(records.lengths[group].max()) + 1
    for start in range(0, longest, STEPS):
        stop = min(start + STEPS, longest)
        x, y, weights = window(part, records, group, start, stop)
        places = np.arange(start, stop)[:, None] + begins
        yield Chunk(x, y, np.where(weights > 0, places, -1))
