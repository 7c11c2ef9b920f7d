"""Baselines: the losses of simpler models on a text, to compare a loss with.

All learn from one text and are evaluated on another, in nats per character of it.
"""

import lzma
from math import log

import numpy as np

from charrnn.nn.arrays import Floats, Ids

XZ = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
MOST = 16_000_000  # characters of a text that are used: counts of more would not fit a laptop


def uniform(vocab_size: int) -> float:
    """Every character is as likely as any other: ln V."""
    return log(vocab_size)


def ngram_losses(train: Ids, test: Ids, vocab_size: int, order: int) -> Floats:
    """The mean loss of `test` (n,) under models of order 1 .. `order` that learned from `train`.

    Order n predicts a character from the n - 1 before it, interpolated with the order below, down
    to ln V, by the method C of Witten and Bell (1991) as in Chen and Goodman (1999), eq. 7:

        p(w | c) = (count(c w) + kinds(c) p(w | c')) / (count(c) + kinds(c))

    where kinds(c) is how many different characters were seen to follow the context c, and c' is c
    without its first character. Every character but the first is predicted, from those of `test`
    before it.
    """
    train, test = np.asarray(train, np.int64), np.asarray(test, np.int64)
    p = np.full(len(test) - 1, 1.0 / vocab_size)
    # A context is a number; two places have the same one where the same characters precede.
    contexts: Ids = np.zeros(len(train), np.int64)
    there: Ids = np.zeros(len(test), np.int64)
    losses = np.empty(order)
    for n in range(order):
        seen = slice(n, None)  # places that have a whole context before them
        known, of_context, kinds = _count(contexts[seen], train[seen], vocab_size)
        whole = np.arange(1, len(test)) >= n
        c, w = there[1:], test[1:]
        joint = _look_up(*known, c * vocab_size + w)
        total, different = _look_up(*of_context, c), _look_up(*kinds, c)
        together = total + different
        better = (joint + different * p) / np.maximum(together, 1)
        p = np.where(whole & (together > 0), better, p)
        losses[n] = -np.log(p).mean()
        contexts, there = _longer(contexts, there, train, test, n, vocab_size)
    return losses


def xz_loss(train: bytes, test: bytes, characters: int) -> float:
    """The cost of `test` under xz that has seen `train`, in nats for each of its `characters`."""
    return (_xz_size(train + test) - _xz_size(train)) * 8 * log(2) / characters


def _count(contexts: Ids, following: Ids, vocab_size: int) -> tuple[tuple[Ids, Ids], ...]:
    """Sorted keys with counts: of context and character, of context, and distinct followers."""
    keys, counts = np.unique(contexts * vocab_size + following, return_counts=True)
    owners, first = np.unique(keys // vocab_size, return_index=True)
    totals = np.add.reduceat(counts, first) if len(first) else counts
    return (keys, counts), (owners, totals), (owners, np.diff(np.append(first, len(keys))))


def _look_up(keys: Ids, numbers: Ids, wanted: Ids) -> Ids:
    """The number of each wanted key; 0 for one that is not there."""
    if len(keys) == 0:
        return np.zeros_like(wanted)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: Ids = np.where(keys[places] == wanted, numbers[places], 0)
    return found


def _longer(
    contexts: Ids, there: Ids, train: Ids, test: Ids, n: int, vocab_size: int
) -> tuple[Ids, Ids]:
    """The contexts of n + 1 characters, numbered again: the one n before, and that of n characters.

    A context of `test` that `train` does not have gets a number that no other has.
    """

    def extended(old: Ids, text: Ids) -> Ids:
        longer = old.copy()
        longer[n + 1 :] = old[n + 1 :] * vocab_size + text[: max(0, len(text) - n - 1)]
        return longer

    ours, theirs = extended(contexts, train), extended(there, test)
    keys = np.unique(ours[n + 1 :])
    renumber = np.arange(1, len(keys) + 1)
    return _look_up(keys, renumber, ours), _look_up(keys, renumber, theirs)


def _xz_size(data: bytes) -> int:
    """Bytes without the container, which would weigh on short texts."""
    return len(lzma.compress(data, lzma.FORMAT_RAW, filters=XZ))
