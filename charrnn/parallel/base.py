"""What the processes of a run can ask of each other. One that is alone asks itself.

Every rank runs the same program (SPMD) and calls the same operations in the same order; a rank
that does not leaves the others waiting.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from charrnn.nn.arrays import DType, Floats, zeros

T = TypeVar("T")


class Communicator(Protocol):
    """Rank 0 is the one that people see: it tells, writes and saves."""

    @property
    def rank(self) -> int:
        """Which of the processes this is, from 0."""

    @property
    def size(self) -> int:
        """How many there are."""

    def vector(self, n: int, dtype: DType) -> Floats:
        """Memory (n,) for `sum_`, the same size on every rank. Ask for it once."""

    def sum_(self, x: Floats) -> None:
        """Overwrite `x`, which came from `vector`, by its sum over the ranks, in their order.

        Every rank then holds the same bytes. Raises WorkerLostError where one of them is gone.
        """

    def gather(self, value: T) -> list[T]:
        """The values of all ranks, which must be small. Raises WorkerLostError."""


@dataclass(frozen=True)
class Solo:
    """A process that is alone."""

    rank: int = 0
    size: int = 1

    def vector(self, n: int, dtype: DType) -> Floats:
        return zeros((n,), dtype)

    def sum_(self, x: Floats) -> None:
        pass

    def gather(self, value: T) -> list[T]:
        return [value]


SOLO = Solo()


def share(n: int, comm: Communicator) -> range:
    """Which of `n` tracks are this rank's: contiguous, and as many as the others' or one more."""
    return share_of(n, comm.rank, comm.size)


def share_of(n: int, rank: int, size: int) -> range:
    """As `share`, of one rank of so many."""
    return range(rank * n // size, (rank + 1) * n // size)
