"""Generation: the model reads its own output. The forward pass is the one that trains.

Sample k depends on the seed and on k, not on how many are drawn with it. Matrix products make that
hard to keep: one row alone may be rounded differently from the same row among others. So rows
always go through the network in groups of one width, filled up where the last one is short.
"""

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Floats, Ids, States
from charrnn.nn.model import CharModel
from charrnn.nn.ops import may_overflow
from charrnn.nn.params import Params
from charrnn.nn.read import Sequences, Span, last_read, read
from charrnn.nn.rng import stream
from charrnn.sampling.filters import Filter, probabilities

GROUP = 2  # samples that go through the network together, at least
DRAWS = 256  # uniform numbers that are drawn at a time


class Drawn(NamedTuple):
    """The next character of every sample."""

    ids: Ids  # (count,)
    log_p: Floats  # (count,) its log-probability in nats under the model, before any filter


def generate(
    model: CharModel,
    p: Params,
    prime: Ids,
    *,
    count: int = 1,
    seed: int = 0,
    filters: Sequence[Filter] = (),
    never: int | None = None,
) -> Iterator[Drawn]:
    """Endlessly draw the ids that follow `prime` (M,), M at least 1, for `count` samples at once.

    `never` is an id that is not drawn: UNK, which stands for no character.
    """
    width = _rows_at_once(model, p, count)
    state, logits = _after(model, p, prime)
    groups = [_Group(model, p, state, logits, width) for _ in range(-(-count // width))]
    for uniforms in _uniforms(seed, count):
        logits = np.concatenate([g.logits for g in groups]) if len(groups) > 1 else groups[0].logits
        drawn = _draw(logits[:count], uniforms, filters, never)
        yield drawn
        for k, group in enumerate(groups):
            group.read(drawn.ids[k * width : (k + 1) * width])


@may_overflow
def predict(
    model: CharModel, p: Params, prime: Ids, filters: Sequence[Filter], never: int | None = None
) -> tuple[Floats, Floats]:
    """The probabilities (V,) of what follows `prime` (M,): under the model, and in the draw.

    They are float64, and not finite where the weights are too large to predict anything.
    """
    _, logits = _after(model, p, prime)
    x = logits.astype(np.float64)
    whole = probabilities(x)[0]
    _filter_(x, filters, never)
    return whole, probabilities(x)[0]


class _Group:
    """Samples that go through the network together: a stream of what has been drawn last."""

    steps = 1

    def __init__(
        self, model: CharModel, p: Params, state: States, logits: Floats, width: int
    ) -> None:
        self.tracks = width
        self.ids = np.zeros((1, width), np.intp)
        self.logits = np.repeat(logits, width, axis=0)  # (R, V)
        start = tuple(tuple(np.repeat(a, width, axis=0) for a in layer) for layer in state)
        self.reads = read(model, p, [self], start=start)

    def spans(self) -> Iterator[Span]:
        """The same memory again and again, with other ids in it."""
        return repeat(Span(self.ids, self.ids, np.zeros_like(self.ids)))

    def read(self, ids: Ids) -> None:
        """Read the next character of every sample, from which `logits` are made."""
        self.ids[0, : len(ids)] = ids
        self.logits = next(self.reads).tape.logits[0]


def _after(model: CharModel, p: Params, prime: Ids) -> tuple[States, Floats]:
    """The state after the prime, each (1, H), and the logits (1, V) of what follows."""
    last = last_read(model, p, Sequences(np.broadcast_to(prime[:, None], (len(prime), GROUP))))
    return tuple(tuple(a[:1] for a in layer) for layer in last.state), last.tape.logits[-1, :1]


def _rows_at_once(model: CharModel, p: Params, count: int) -> int:
    """How many samples go through the network together: all, if that changes no bit of any.

    Which instructions a product is made of depends on its shape, not on its numbers, so one trial
    with the shapes at hand decides. If a row among all differs from that row in a group, the groups
    stay small.
    """
    width = -(-count // GROUP) * GROUP
    if width == GROUP:
        return GROUP
    few, many = (_trial(model, p, rows) for rows in (GROUP, width))
    return width if np.array_equal(few, many[:GROUP]) else GROUP


def _trial(model: CharModel, p: Params, width: int) -> Floats:
    """The logits (R, V) of R rows of different characters after a few steps, one at a time."""
    ids = (np.arange(width) + np.arange(3)[:, None]) % model.vocab_size
    last = last_read(model, p, Sequences(ids, most=1))
    logits: Floats = last.tape.logits[0]
    return logits


def _uniforms(seed: int, count: int) -> Iterator[Floats]:
    """One number in [0, 1) a sample and step, each sample's from a stream of its own."""
    generators = [stream(seed, "sample", k) for k in range(count)]
    while True:
        yield from np.stack([generator.random(DRAWS) for generator in generators], axis=1)


@may_overflow
def _draw(logits: Floats, uniforms: Floats, filters: Sequence[Filter], never: int | None) -> Drawn:
    """Invert the distribution function of each row at its uniform number, in float64."""
    x = logits.astype(np.float64)
    x -= x.max(axis=-1, keepdims=True)
    model = np.exp(x).cumsum(axis=-1)
    drawn_from = _filtered(x.copy(), filters, never) if filters or never is not None else model
    ids = (drawn_from > uniforms[:, None] * drawn_from[:, -1:]).argmax(axis=-1)
    rows, V = x.shape
    return Drawn(ids, x.take(ids + V * np.arange(rows)) - np.log(model[:, -1]))


def _filtered(x: Floats, filters: Sequence[Filter], never: int | None) -> Floats:
    """The distribution functions (R, V), up to a factor, of what the filters leave of `x`."""
    _filter_(x, filters, never)
    x -= x.max(axis=-1, keepdims=True)
    cumulative: Floats = np.exp(x).cumsum(axis=-1)
    return cumulative


def _filter_(x: Floats, filters: Sequence[Filter], never: int | None) -> None:
    if never is not None:
        x[:, never] = -np.inf
    for filter_ in filters:
        filter_(x)
