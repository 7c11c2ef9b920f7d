"""Generation: the model reads its own output. The forward pass is the one that trains.

Sample k depends on the seed and on k, not on how many are drawn with it. Matrix products make that
hard to keep: one row alone may be rounded differently from the same row among others. So rows
always go through the network in groups of one width, filled up where the last one is short.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Floats, Ids
from charrnn.model import CharModel, States
from charrnn.params import Params
from charrnn.rng import stream
from charrnn.sampling.filters import Filter, probabilities

GROUP = 4
STEPS = 64
DRAWS = 256


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
    """Draw without end what follows `prime` (M,), M at least 1, for `count` samples at once.

    `never` is an id that is not drawn: UNK, which stands for no character.
    """
    width = _rows_at_once(model, p, count)
    tape = model.tape(1, width, p.flat.dtype)
    groups = -(-count // width)
    state, log_p = _read(model, p, prime)
    states = [_repeat(state, width) for _ in range(groups)]
    logits = np.repeat(log_p, count, axis=0)
    for uniforms in _uniforms(seed, count):
        drawn = _draw(logits, uniforms, filters, never)
        yield drawn
        for k in range(groups):
            mine = slice(k * width, min((k + 1) * width, count))
            x = np.zeros((1, width), np.intp)
            x[0, : mine.stop - mine.start] = drawn.ids[mine]
            states[k] = model.forward(p, x, states[k], tape)
            logits[mine] = _log_softmax(tape.logits[0, : mine.stop - mine.start])


def _read(model: CharModel, p: Params, prime: Ids) -> tuple[States, Floats]:
    """The state after the prime, and the log-probabilities (1, V) of what follows."""
    tape = model.tape(STEPS, GROUP, p.flat.dtype)
    state = model.initial_state(p, GROUP)
    for start in range(0, len(prime), STEPS):
        x = np.repeat(prime[start : start + STEPS, None], GROUP, axis=1)
        chunk = tape.first(len(x))
        state = model.forward(p, x, state, chunk)
    return state, _log_softmax(chunk.logits[-1, :1])


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
    tape = model.tape(1, width, p.flat.dtype)
    state = model.initial_state(p, width)
    for t in range(3):
        x = (np.arange(width) + t)[None, :] % model.vocab_size
        state = model.forward(p, x, state, tape)
    logits: Floats = tape.logits[0]
    return logits


def _repeat(state: States, width: int) -> States:
    """The first row of `state`, `width` times."""
    return tuple(tuple(np.repeat(a[:1], width, axis=0) for a in layer) for layer in state)


def _uniforms(seed: int, count: int) -> Iterator[Floats]:
    """One number in [0, 1) a sample and step, each sample's from a stream of its own."""
    generators = [stream(seed, "sample", k) for k in range(count)]
    while True:
        yield from np.stack([generator.random(DRAWS) for generator in generators], axis=1)


def _draw(log_p: Floats, uniforms: Floats, filters: Sequence[Filter], never: int | None) -> Drawn:
    """Invert the distribution function of each row at its uniform number."""
    filtered = log_p.copy()
    if never is not None:
        filtered[:, never] = -np.inf
    for filter_ in filters:
        filter_(filtered)
    cumulative = np.cumsum(probabilities(filtered), axis=-1)
    ids = (cumulative > uniforms[:, None] * cumulative[:, -1:]).argmax(axis=-1)
    return Drawn(ids, np.take_along_axis(log_p, ids[:, None], axis=-1)[:, 0])


def _log_softmax(logits: Floats) -> Floats:
    """log softmax of (R, V) in float64."""
    x = logits.astype(np.float64)
    x -= x.max(axis=-1, keepdims=True)
    x -= np.log(np.exp(x).sum(axis=-1, keepdims=True))
    return x
