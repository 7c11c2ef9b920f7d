"""The loss of records under a model: each read alone, from the initial state to its end."""

from collections.abc import Iterator

import numpy as np

from charrnn.nn.arrays import Floats
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.model import CharModel
from charrnn.nn.ops import may_overflow
from charrnn.nn.params import Params
from charrnn.nn.tape import ModelTape
from charrnn.parallel.base import SOLO, Communicator
from charrnn.text.part import Part
from charrnn.text.records import window

GROUP = 64  # records that are read side by side
STEPS = 64


class RecordEvaluation:
    """One pass over the records of `part`: as `Evaluation`, which reads a part that is one text."""

    def __init__(
        self,
        model: CharModel,
        p: Params,
        part: Part,
        kernels: Kernels = NUMPY,
        comm: Communicator = SOLO,
    ) -> None:
        assert part.records is not None
        self.model, self.p, self.part, self.kernels, self.comm = model, p, part, kernels, comm
        self.targets = part.targets
        self.records = part.records
        order = np.argsort(part.records.lengths, kind="stable")
        self.groups = np.array_split(order, -(-len(order) // GROUP))
        self.totals: Floats = np.zeros(len(self.groups))

    @property
    def loss(self) -> float:
        """Mean loss of all characters and ends, in nats per character."""
        return float(self.totals.sum()) / self.targets

    def __iter__(self) -> Iterator[int]:
        """Yield, after every round of groups, how many targets have been predicted by all ranks."""
        done = 0
        for first in range(0, len(self.groups), self.comm.size):
            mine = first + self.comm.rank
            if mine < len(self.groups):
                self._read(mine)
            for group in self.groups[first : first + self.comm.size]:
                done += int((self.records.lengths[group] + 1).sum())
            yield done
        self.totals = np.sum(self.comm.gather(self.totals), axis=0)

    def tape(self, k: int) -> ModelTape:
        """Memory to read group `k`."""
        steps = min(STEPS, self._longest(k))
        return self.model.tape(steps, len(self.groups[k]), self.p.flat.dtype, self.kernels)

    def _longest(self, k: int) -> int:
        """How many steps its longest record takes."""
        return int(self.records.lengths[self.groups[k]].max()) + 1

    @may_overflow
    def _read(self, k: int) -> None:
        group, longest, tape = self.groups[k], self._longest(k), self.tape(k)
        self.model.prepare(self.p, tape)
        state = self.model.initial_state(self.p, len(group))
        for start in range(0, longest, STEPS):
            stop = min(start + STEPS, longest)
            x, y, weights = window(self.part, self.records, group, start, stop)
            chunk = tape.first(stop - start)
            state = self.model.forward(self.p, x, state, chunk)
            losses = self.model.losses(y, chunk)
            self.totals[k] += float(losses.sum(where=weights.ravel() > 0, dtype=np.float64))
