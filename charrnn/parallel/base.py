"""The interface for communication between the processes of a run, and the case of one process.

Every rank runs the same program (SPMD) and must call the same operations in the same order;
otherwise the other ranks wait forever.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from charrnn.nn.arrays import DType, Floats, zeros

T = TypeVar("T")


class Communicator(Protocol):
    """The collective operations. Only rank 0 prints progress and writes files."""

    @property
    def rank(self) -> int:
        """The index of this process, from 0."""

    @property
    def size(self) -> int:
        """The number of processes."""

    def vector(self, n: int, dtype: DType) -> Floats:
        """A new array (n,) for `sum_`; `n` must be equal on all ranks. Call this once per run."""

    def sum_(self, x: Floats) -> None:
        """All-reduce: overwrite `x`, made by `vector`, with its sum over the ranks in rank order.

        Every rank then holds the same bytes. Raises WorkerLostError if another rank has ended.
        """

    def gather(self, value: T) -> list[T]:
        """All-gather: the values of all ranks, which must be small. Raises WorkerLostError."""


@dataclass(frozen=True)
class Solo:
    """The communicator of a single process."""

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
    """The contiguous range of `n` tracks for this rank; shares differ by at most one track."""
    return share_of(n, comm.rank, comm.size)


def share_of(n: int, rank: int, size: int) -> range:
    """The share of `rank` out of `size` ranks; see `share`."""
    return range(rank * n // size, (rank + 1) * n // size)
