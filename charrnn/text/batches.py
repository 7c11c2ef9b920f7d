"""From one long text to chunks: B tracks read side by side, each chunk where the last one ended.

The text is cut into B tracks of equal length; a chunk holds the next characters of every track,
so the state that the model carries from chunk to chunk is the state after the text before it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Ids


class Part(NamedTuple):
    """A stretch of an encoded text, and how its ids become those of a model."""

    ids: Ids  # (n,), of the text's own alphabet, perhaps on disk
    lookup: Ids  # (A,), from that alphabet to the model's vocabulary

    def window(self, positions: Ids) -> Ids:
        """The model's ids at `positions`, in their shape."""
        ids: Ids = np.take(self.lookup, self.ids[positions])
        return ids


@dataclass(frozen=True)
class Batches:
    """Chunks of a part. chunk(k) depends on k alone, so a position in the data is a number.

    An epoch is `chunks` chunks as equal as can be, none longer than `seq_length`: no character is
    left out but the fewer than B that do not fill a row of the tracks.
    """

    part: Part
    batch_size: int  # B
    seq_length: int  # the most steps a chunk may have

    @property
    def track_length(self) -> int:
        """Characters that each track predicts in an epoch."""
        return (len(self.part.ids) - 1) // self.batch_size

    @property
    def chunks(self) -> int:
        """Chunks in an epoch."""
        return -(-self.track_length // self.seq_length)

    def chunk(self, k: int, tracks: range | None = None) -> tuple[Ids, Ids]:
        """x and y (T, B) of chunk `k` of an epoch: characters, and the characters that follow.

        Of all tracks, or of those given.
        """
        start, stop = (j * self.track_length // self.chunks for j in (k, k + 1))
        steps = np.arange(start, stop + 1)
        starts = np.array(tracks or range(self.batch_size)) * self.track_length
        window = self.part.window(steps[:, None] + starts)
        return window[:-1], window[1:]


def fit(characters: int, batch_size: int, seq_length: int) -> tuple[int, int]:
    """The batch size and sequence length that a text of `characters` (2 or more) has room for.

    Fewer tracks come first, because they change only how much is read at once; a track shorter
    than `seq_length` is then one chunk, which is full back-propagation through time.
    """
    targets = characters - 1
    batch_size = max(1, min(batch_size, targets // seq_length))
    return batch_size, min(seq_length, targets // batch_size)
