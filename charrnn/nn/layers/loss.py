"""Softmax and cross-entropy: from the logits of every character to the loss of the target."""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import DType, Floats, Ids, empty
from charrnn.nn.ops import ones


class LossTape(NamedTuple):
    """Memory for R = T*B predictions."""

    losses: Floats  # (R,) in nats
    totals: Floats  # (R,)
    chosen: Ids  # (R,), index of each target in the flat (R, V)

    @classmethod
    def empty(cls, R: int, dtype: DType) -> "LossTape":
        """Memory that nothing has been written to."""
        return cls(empty((R,), dtype), empty((R,), dtype), empty((R,), np.dtype(np.intp)))

    def first(self, R: int) -> "LossTape":
        """The same memory for fewer predictions."""
        return LossTape(self.losses[:R], self.totals[:R], self.chosen[:R])


@dataclass(frozen=True)
class CrossEntropy:
    """loss = -log softmax(logits)[target], the maximum taken out first so that exp cannot overflow.

    Goodfellow, Bengio and Courville (2016), sections 4.1 and 6.2.2.3. With label smoothing a share
    of every target is spread evenly over the alphabet (Szegedy et al. 2016, section 7).
    """

    vocab_size: int
    smoothing: float = 0.0

    def forward_(self, logits: Floats, targets: Ids, tape: LossTape) -> None:
        """Losses in nats into tape.losses (R,); the `logits` (R, V) become their softmax."""
        losses, totals, chosen = tape
        logits.max(axis=-1, out=losses)
        np.subtract(logits, losses[:, None], out=logits)
        np.add(targets, _row_starts(len(targets), self.vocab_size), out=chosen)
        logits.reshape(-1).take(chosen, out=losses, mode="clip")
        if self.smoothing:
            self._smooth(logits, losses, totals)
        np.exp(logits, out=logits)
        np.matmul(logits, ones(self.vocab_size, logits.dtype), out=totals)
        np.divide(logits, totals[:, None], out=logits)
        np.log(totals, out=totals)
        np.subtract(totals, losses, out=losses)

    def backward_(self, softmax: Floats, tape: LossTape, share: float) -> None:
        """The softmax (R, V) becomes `share` times the gradient of the summed losses."""
        flat = softmax.reshape(-1)
        flat.take(tape.chosen, out=tape.totals, mode="clip")
        np.subtract(tape.totals, 1.0 - self.smoothing, out=tape.totals)
        flat[tape.chosen] = tape.totals
        if self.smoothing:
            np.subtract(softmax, self.smoothing / self.vocab_size, out=softmax)
        np.multiply(softmax, share, out=softmax)

    def _smooth(self, logits: Floats, losses: Floats, scratch: Floats) -> None:
        """losses = (1 - s) losses + s times the mean of the row."""
        np.matmul(logits, ones(self.vocab_size, logits.dtype), out=scratch)
        np.multiply(scratch, self.smoothing / self.vocab_size, out=scratch)
        np.multiply(losses, 1.0 - self.smoothing, out=losses)
        np.add(losses, scratch, out=losses)


@cache
def _row_starts(R: int, V: int) -> Ids:
    """Where each row of a flat (R, V) begins."""
    return np.arange(R) * V
