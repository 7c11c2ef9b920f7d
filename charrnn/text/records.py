"""A text of records: each line, say, is an example of its own, with a beginning and an end.

A record is what stands between two separators. The model reads the separator first, so that it
learns how records begin, and has to predict it last, so that it learns where they end. No state
goes from one to the next.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from charrnn.nn.arrays import Bools, Floats, Ids
from charrnn.nn.chunk import Chunk
from charrnn.nn.rng import stream
from charrnn.text.part import Part, Records
from charrnn.text.stored import EncodedText

AT_ONCE = 16_000_000  # characters that are searched


def find_records(ids: EncodedText, separator: int) -> Records:
    """The records of a text. The last one may lack its separator, and empty ones are left out."""
    found = [
        start + np.flatnonzero(np.asarray(ids[start : start + AT_ONCE]) == separator)
        for start in range(0, len(ids), AT_ONCE)
    ]
    ends = np.append(np.concatenate(found), len(ids))
    starts = np.append(0, ends[:-1] + 1)
    lengths = ends - starts
    return Records(starts[lengths > 0], lengths[lengths > 0], separator)


def shuffled(n: int, seed: int) -> Ids:
    """The order in which n records are divided into parts: it belongs to the seed."""
    order: Ids = stream(seed, "records").permutation(n)
    return order


def window(
    part: Part, records: Records, which: Ids, start: int, stop: int
) -> tuple[Ids, Ids, Floats]:
    """Steps start..stop of the records `which` (B,), side by side: x, y and weights (T, B).

    A record has a step more than it has characters. Beyond it, and for a `which` of -1, which is no
    record, the weights are 0.
    """
    t = np.arange(start, stop)[:, None]
    starts, lengths = records.starts[which], np.where(which < 0, -1, records.lengths[which])
    separator = part.lookup[records.separator]

    def characters(at: Ids, inside: Bools) -> Ids:
        found = part.window(np.where(inside, starts + at, 0))
        return np.where(inside, found, separator)

    x = characters(t - 1, (t > 0) & (t <= lengths))
    y = characters(t, t < lengths)
    return x, y, (t <= lengths).astype(np.float32)


@dataclass(frozen=True, eq=False)
class RecordBatches:
    """Chunks of B records of like length, read from the initial state on.

    In each epoch records of one length are shuffled, and so are the batches. A batch longer than
    `seq_length` is read in several chunks that carry the state.
    """

    part: Part
    batch_size: int  # B
    seq_length: int
    seed: int

    @property
    def records(self) -> Records:
        assert self.part.records is not None
        return self.part.records

    @property
    def longest(self) -> int:
        return int(min(self.seq_length, self.records.lengths.max() + 1))

    @property
    def chunks(self) -> int:
        return int(self._pieces.sum())

    def chunk(self, step: int, tracks: range | None = None) -> Chunk:
        which, start, stop = self._place(step)
        x, y, weights = window(self.part, self.records, which, start, stop)
        mine = slice(None) if tracks is None else slice(tracks.start, tracks.stop)
        return Chunk(
            x=x[:, mine],
            y=y[:, mine],
            carried=start > 0,
            targets=int(weights.sum()),
            weights=weights[:, mine],
        )

    def carried(self, step: int) -> bool:
        return self._place(step)[1] > 0

    @cached_property
    def _pieces(self) -> Ids:
        """How many chunks each batch is; the same in every epoch, because lengths are sorted."""
        longest = np.sort(self.records.lengths)[self.batch_size - 1 :: self.batch_size]
        if len(self.records.lengths) % self.batch_size:
            longest = np.append(longest, self.records.lengths.max())
        pieces: Ids = -(-(longest + 1) // self.seq_length)
        return pieces

    def _place(self, step: int) -> tuple[Ids, int, int]:
        """The records of a step, and which of their steps it reads."""
        epoch, k = divmod(step, self.chunks)
        batches, order, ends = _epoch(self, epoch)
        place = int(np.searchsorted(ends, k, side="right"))
        which = batches[order[place]]
        piece = k - int(ends[place] - self._pieces[order[place]])
        steps = int(self.records.lengths[which[which >= 0]].max()) + 1
        start = piece * self.seq_length
        return which, start, min(start + self.seq_length, steps)


@lru_cache(maxsize=2)
def _epoch(batches: RecordBatches, epoch: int) -> tuple[Ids, Ids, Ids]:
    """The records of each batch (n, B), -1 where there is none, the batches' order, their ends."""
    rng = stream(batches.seed, "epoch", epoch)
    lengths, B = batches.records.lengths, batches.batch_size
    order = rng.permutation(len(lengths))
    order = order[np.argsort(lengths[order], kind="stable")]
    rows = -(-len(order) // B)
    table = np.full(rows * B, -1)
    table[: len(order)] = order
    shuffled_rows = rng.permutation(rows)
    return table.reshape(rows, B), shuffled_rows, np.cumsum(batches._pieces[shuffled_rows])
