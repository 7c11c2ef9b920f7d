"""Training chunks of records: batches of records of similar length."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.nn.chunk import Chunk
from charrnn.nn.rng import stream
from charrnn.text.codes import CodedText
from charrnn.text.records import Records, record_chunk


@dataclass(frozen=True, eq=False)
class RecordBatches:
    """Chunks of B records of similar length, each read from the initial state.

    In each epoch, records of equal length are shuffled, and the batches are shuffled too. A batch
    longer than `seq_length` is read in several chunks that carry the state.
    """

    text: CodedText
    records: Records
    batch_size: int  # B
    seq_length: int
    seed: int

    @property
    def longest(self) -> int:
        return int(min(self.seq_length, self.records.lengths.max() + 1))

    @property
    def chunks(self) -> int:
        return int(self._pieces.sum())

    def chunk(self, step: int, tracks: range | None = None) -> Chunk:
        which, start, stop = self._place(step)
        ids = record_chunk(self.text, self.records, which, start, stop)
        ends = np.where(which < 0, -1, self.records.lengths[which])
        weights = (np.arange(start, stop)[:, None] <= ends).astype(np.float32)
        columns = slice(None) if tracks is None else slice(tracks.start, tracks.stop)
        return Chunk(
            x=ids[:-1, columns],
            y=ids[1:, columns],
            carried=start > 0,
            targets=int(weights.sum()),
            weights=weights[:, columns],
        )

    def carried(self, step: int) -> bool:
        return self._place(step)[1] > 0

    @cached_property
    def _pieces(self) -> Ids:
        """Number of chunks per batch, equal in every epoch, since records are sorted by length."""
        longest = np.sort(self.records.lengths)[self.batch_size - 1 :: self.batch_size]
        if len(self.records.lengths) % self.batch_size:
            longest = np.append(longest, self.records.lengths.max())
        pieces: Ids = -(-(longest + 1) // self.seq_length)
        return pieces

    def _place(self, step: int) -> tuple[Ids, int, int]:
        """The records (B,) of a training step, and the start and stop of their time steps."""
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
    """The records of each batch (n, B), padded with -1; the order of the batches (n,); their ends.

    The ends (n,) are cumulative numbers of chunks, in the shuffled order.
    """
    rng = stream(batches.seed, "epoch", epoch)
    lengths, B = batches.records.lengths, batches.batch_size
    order = rng.permutation(len(lengths))
    order = order[np.argsort(lengths[order], kind="stable")]
    rows = -(-len(order) // B)
    table = np.full(rows * B, -1)
    table[: len(order)] = order
    shuffled_rows = rng.permutation(rows)
    return table.reshape(rows, B), shuffled_rows, np.cumsum(batches._pieces[shuffled_rows])
