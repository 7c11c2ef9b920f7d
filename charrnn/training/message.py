"""The message of a step: one vector of gradients, loss and states, which is summed over ranks.

A rank writes its share and leaves the rest at zero, so the sum both adds gradients and losses and
collects the tracks' states. It also carries all that must be equal on every rank, such as the clock
that limits a run.
"""

from collections.abc import Mapping, Sequence
from itertools import count

import numpy as np

from charrnn.nn.arrays import DType, Shape, States
from charrnn.nn.cells import Cell
from charrnn.nn.params import Params, size_of
from charrnn.parallel.base import Communicator, share

NUMBERS = ("loss", "seconds", "stop")


class Message:
    """The vector, by its parts: gradients (N,), three numbers, the states of all B tracks."""

    def __init__(
        self,
        shapes: Mapping[str, Shape],
        cells: Sequence[Cell],
        B: int,
        dtype: DType,
        comm: Communicator,
    ) -> None:
        names = count()
        of_states = {f"{next(names)}": (B, cell.hidden_size) for cell in cells for _ in cell.states}
        self.comm, self.tracks = comm, share(B, comm)
        self.vector = comm.vector(message_size(shapes, cells, B), dtype)
        N, end = size_of(shapes), size_of(shapes) + len(NUMBERS)
        self.grads = Params(shapes, self.vector[:N])
        self.numbers = self.vector[N:end]
        flat = iter(Params(of_states, self.vector[end:]).values())
        self.states: States = tuple(tuple(next(flat) for _ in cell.states) for cell in cells)

    def send(self, loss: float, seconds: float, stop: bool, last: States) -> None:
        """Write this rank's share next to its gradients, and sum over all ranks."""
        self.numbers[:] = loss, seconds if self.comm.rank == 0 else 0.0, stop
        own = slice(self.tracks.start, self.tracks.stop)
        for layer, last_of_layer in zip(self.states, last, strict=True):
            for state, array in zip(layer, last_of_layer, strict=True):
                state[...] = 0.0
                np.copyto(state[own], array)
        self.comm.sum_(self.vector)

    @property
    def loss(self) -> float:
        """The loss of all tracks, in nats per character."""
        return float(self.numbers[0])

    @property
    def seconds(self) -> float:
        """Seconds of training by the clock of rank 0."""
        return float(self.numbers[1])

    @property
    def stop(self) -> bool:
        """Whether any rank was asked to stop."""
        return bool(self.numbers[2] > 0)


def message_size(shapes: Mapping[str, Shape], cells: Sequence[Cell], B: int) -> int:
    """How many numbers a message has."""
    states = sum(B * cell.hidden_size * len(cell.states) for cell in cells)
    return size_of(shapes) + len(NUMBERS) + states
