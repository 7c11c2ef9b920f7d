"""Surprisal: the predictions of a model at every character, and its loss there.

The surprisal of a character is -ln p of it, given all before it (Shannon 1948; Hale 2001);
its mean is the loss of the text. The entropy of a prediction is the surprisal that the model itself
expects there: -sum p ln p. Both are in nats.

The text is read in the same streams as by an evaluation, so the mean surprisal is the loss that
`score` reports, whatever the model remembers.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Floats, Ids
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.model import CharModel
from charrnn.nn.ops import may_overflow, rows
from charrnn.nn.params import Params
from charrnn.nn.read import Read, read
from charrnn.text.part import Part

GUESSES = 5


class Expectations(NamedTuple):
    """The predictions at T characters, in the order of the text. A record's end is one too.

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


class Reading:
    """One pass over `part`. Iterate it to the end, then read `expectations`.

    Its memory is that of `expectations`, some 35 bytes per character, and of one span.
    """

    def __init__(self, model: CharModel, p: Params, part: Part, kernels: Kernels = NUMPY) -> None:
        self.model, self.p, self.part, self.kernels = model, p, part, kernels
        self.expectations = Expectations.empty(part.targets, model.vocab_size, p.flat.dtype)

    def __iter__(self) -> Iterator[int]:
        """Yield, after every span, how many characters have been predicted."""
        done = 0
        for span in read(self.model, self.p, self.part.streams(), self.kernels):
            done += self._keep(span)
            yield done

    @may_overflow
    def _keep(self, span: Read) -> int:
        """Store the predictions of a span; returns their number."""
        counted = span.places >= 0
        if not counted.any():
            return 0
        losses = self.model.losses(span.y, span.tape)
        chosen = counted.reshape(-1)
        places, y = span.places[counted], span.y[counted]
        p = rows(span.tape.logits)[chosen]
        ids, nats, ranks, entropies, guesses, chances = self.expectations
        ids[places] = y
        nats[places] = losses[chosen]
        ranks[places] = rank_of(p, y)
        entropies[places] = entropy_of(p)
        guesses[places], chances[places] = best_of_(p, guesses.shape[1])
        return len(places)


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
