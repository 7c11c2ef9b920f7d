"""From one long text to chunks: B tracks read side by side, each chunk where the last one ended.

The text is cut into B tracks of equal length; a chunk holds the next characters of every track,
so the state that the model carries from chunk to chunk is the state after the text before it.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from charrnn.nn.chunk import Chunk
from charrnn.nn.rng import stream
from charrnn.text.codes import CodedText


class BatchSizes(NamedTuple):
    """The sizes of the chunks that are asked for."""

    batch_size: int
    seq_length: int
    stride: int | None = None
    jitter: float = 0.0
    seed: int = 0


class Chunks(Protocol):
    """A training part as a sequence of chunks. A position in the data is a number, the step."""

    @property
    def batch_size(self) -> int:
        """B."""

    @property
    def seq_length(self) -> int:
        """Steps of a chunk, as training asks for them."""

    @property
    def longest(self) -> int:
        """The most steps that a chunk may have."""

    @property
    def chunks(self) -> int:
        """Chunks in an epoch."""

    def chunk(self, step: int, tracks: range | None = None) -> Chunk:
        """What step 0, 1, ... of a run reads: of all tracks, or of those given."""

    def carried(self, step: int) -> bool:
        """Whether that step goes on from the state of the one before."""


@dataclass(frozen=True)
class Batches:
    """Chunks of a part that is one long text.

    An epoch is `chunks` chunks as equal as can be, none longer than `seq_length`: no character is
    left out but the fewer than B that do not fill a row of the tracks.

    With a `stride` k1 below the sequence length k2 it is truncated back-propagation (k1, k2)
    (Williams and Peng 1990): each step reads the last k2 characters, of which k1 are new, counts
    the predictions of the new ones, and goes on from the state after k1 steps. With k1 = 1 every
    error flows back k2 steps.

    With `jitter` the ends of chunks move at random by up to half that share of their length, in
    every epoch anew, so that no place is always the one where the gradient is cut (after Merity,
    Keskar and Socher 2018, section 4.1; as there, a short chunk makes a small step).
    """

    text: CodedText
    batch_size: int  # B
    seq_length: int  # k2
    stride: int | None = None  # k1; None: k2
    jitter: float = 0.0
    seed: int = 0

    @property
    def track_length(self) -> int:
        """Characters that each track predicts in an epoch."""
        return (len(self.text.codes) - 1) // self.batch_size

    @property
    def longest(self) -> int:
        reach = int(self.seq_length * self.jitter) + bool(self.jitter)
        return min(self.track_length, self.seq_length + reach)

    @property
    def chunks(self) -> int:
        if self._overlaps:
            return 1 + -(-max(0, self.track_length - self.seq_length) // self._stride)
        return -(-self.track_length // self.seq_length)

    def chunk(self, step: int, tracks: range | None = None) -> Chunk:
        epoch, k = divmod(step, self.chunks)
        start, stop = self._start(epoch, k), self._stop(epoch, k)
        steps = np.arange(start, stop + 1)
        starts = np.array(tracks or range(self.batch_size)) * self.track_length
        ids = self.text.ids_at(steps[:, None] + starts)
        skip = self._stop(epoch, k - 1) - start if k else 0
        last = k == self.chunks - 1
        return Chunk(
            x=ids[:-1],
            y=ids[1:],
            carried=k > 0,
            targets=(stop - start - skip) * self.batch_size,
            skip=skip,
            carry=self._start(epoch, k + 1) - start if self._overlaps and not last else None,
            scale=(stop - start) * self.chunks / self.track_length if self.jitter else 1.0,
        )

    def carried(self, step: int) -> bool:
        return step % self.chunks > 0

    @property
    def _stride(self) -> int:
        return self.stride or self.seq_length

    @property
    def _overlaps(self) -> bool:
        return self._stride < self.seq_length

    def _start(self, epoch: int, k: int) -> int:
        if self._overlaps:
            return min(k * self._stride, max(0, self.track_length - self.seq_length))
        return self._stop(epoch, k - 1) if k else 0

    def _stop(self, epoch: int, k: int) -> int:
        if self._overlaps:
            return min(self._start(epoch, k) + self.seq_length, self.track_length)
        stop = (k + 1) * self.track_length // self.chunks
        if not self.jitter or k == self.chunks - 1:
            return stop
        reach = self.jitter * (self.track_length // self.chunks) / 2
        return stop + int(reach * stream(self.seed, "bptt", epoch, k).uniform(-1.0, 1.0))


def fit(characters: int, batch_size: int, seq_length: int) -> tuple[int, int]:
    """The batch size and sequence length that a text of `characters` (2 or more) has room for.

    Fewer tracks come first, because they change only how much is read at once; a track shorter
    than `seq_length` is then one chunk, which is full back-propagation through time.
    """
    targets = characters - 1
    batch_size = max(1, min(batch_size, targets // seq_length))
    return batch_size, min(seq_length, targets // batch_size)
