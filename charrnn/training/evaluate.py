"""The loss of a part under a model: a full pass with a state of its own.

Every target is predicted exactly once. The streams of the part depend on its length alone, and so
does the loss, whichever rank reads which of them.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.nn.arrays import Floats
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.model import CharModel
from charrnn.nn.ops import may_overflow
from charrnn.nn.params import Params
from charrnn.nn.read import Read, read, tape_for
from charrnn.parallel.base import SOLO, Communicator
from charrnn.text.part import Part


class Evaluation:
    """One pass over `part`. Iterate it to the end, then read `loss` (nats per character).

    The ranks of `comm` share the streams; each of them must iterate, and may stop only if all do.
    """

    def __init__(
        self,
        model: CharModel,
        p: Params,
        part: Part,
        kernels: Kernels = NUMPY,
        comm: Communicator = SOLO,
    ) -> None:
        self.model, self.p, self.kernels, self.comm = model, p, kernels, comm
        self.targets, self.streams = part.targets, part.streams()
        self.totals: Floats = np.zeros(len(self.streams))

    @property
    def loss(self) -> float:
        """Mean loss of the whole part, in nats per character."""
        return float(self.totals.sum()) / self.targets

    def __iter__(self) -> Iterator[int]:
        """Yield, after every span, how many targets have been predicted by all ranks."""
        size, rank, done = self.comm.size, self.comm.rank, 0
        reads = read(self.model, self.p, self.streams[rank::size], self.kernels)
        for first in range(0, len(self.streams), size):
            together = self.streams[first : first + size]
            own = len(together[rank].ends()) if rank < len(together) else 0
            longest = max(together, key=lambda stream: stream.length)
            for k, end in enumerate(longest.ends()):
                if k < own:
                    self.totals[first + rank] += self._loss(next(reads))
                yield done + sum(stream.counted(end) for stream in together)
            done += sum(stream.counted(stream.length) for stream in together)
        self.totals = np.sum(self.comm.gather(self.totals), axis=0)

    @property
    def nbytes(self) -> int:
        """Bytes of the largest tape."""
        dtype, sizes = self.p.flat.dtype, {(s.tracks, s.steps): s for s in self.streams}
        tapes = (tape_for(self.model, stream, dtype, self.kernels) for stream in sizes.values())
        return max((tape.nbytes for tape in tapes), default=0)

    @may_overflow
    def _loss(self, span: Read) -> float:
        """The summed losses of the places that count."""
        counted = span.places >= 0
        if not counted.any():
            return 0.0
        losses = self.model.losses(span.y, span.tape)
        return float(losses.sum(where=counted.reshape(-1), dtype=np.float64))
