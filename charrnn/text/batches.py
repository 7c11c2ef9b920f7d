"""Training chunks of one long text: B parallel tracks, cut into consecutive chunks.

The text is cut into B tracks of equal length. A chunk has the next characters of every track, so
the state carried from chunk to chunk is the state after the preceding text.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from charrnn.nn.chunk import Chunk
from charrnn.nn.rng import stream
from charrnn.text.codes import CodedText


class BatchSizes(NamedTuple):
    """The requested sizes of chunks; see `Batches` for their meaning."""

    batch_size: int
    seq_length: int
    stride: int | None = None
    jitter: float = 0.0
    seed: int = 0


class Chunks(Protocol):
    """A training part as a sequence of chunks. The training step alone decides the position."""

    @property
    def batch_size(self) -> int:
        """B."""

    @property
    def seq_length(self) -> int:
        """Nominal number of time steps per chunk."""

    @property
    def longest(self) -> int:
        """Maximum number of time steps per chunk."""

    @property
    def chunks(self) -> int:
        """Number of chunks per epoch."""

    def chunk(self, step: int, tracks: range | None = None) -> Chunk:
        """The chunk of training step 0, 1, ..., with all tracks or only the given ones."""

    def carried(self, step: int) -> bool:
        """True if this training step starts from the final state of the previous one."""


@dataclass(frozen=True)
class Batches:
    """Chunks of a part that is one long text.

    An epoch has `chunks` chunks of nearly equal length, none longer than `seq_length`. Only the
    remainder of the division into B tracks, fewer than B characters, is not used.

    With a `stride` k1 below the sequence length k2 this is truncated BPTT(k1, k2) (Williams and
    Peng 1990): each step reads the last k2 characters, of which k1 are new, counts only the
    predictions of the new ones, and continues from the state after k1 steps. With k1 = 1 every
    error flows back k2 steps.

    With `jitter`, the ends of chunks are shifted at random in every epoch, by up to half that
    fraction of their length, so that the gradient is not always cut at the same places (after
    Merity, Keskar and Socher 2018, section 4.1; as there, the step of a chunk is scaled by its
    length).
    """

    text: CodedText
    batch_size: int  # B
    seq_length: int  # k2
    stride: int | None = None  # k1; None: k2
    jitter: float = 0.0
    seed: int = 0

    @property
    def track_length(self) -> int:
        """Number of characters that each track predicts per epoch."""
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
    """Batch size and sequence length, reduced to fit a text of `characters` (at least 2).

    The batch size is reduced first, because this does not shorten the reach of gradients. If even
    one track is shorter than `seq_length`, it is a single chunk: full backpropagation through time.
    """
    targets = characters - 1
    batch_size = max(1, min(batch_size, targets // seq_length))
    return batch_size, min(seq_length, targets // batch_size)
