"""Ranks started by an MPI launcher, on one or several machines: `mpirun -n 4 charrnn train ...`.

Requires the extra `mpi` (mpi4py). If a rank is lost, MPI itself aborts the run.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

from charrnn.errors import UsageError
from charrnn.nn.arrays import DType, Floats, zeros

T = TypeVar("T")


@dataclass(frozen=True)
class Mpi:
    """The communicator of one rank of MPI's COMM_WORLD."""

    world: Any  # an mpi4py communicator; mpi4py is not typed where it is not installed

    @property
    def rank(self) -> int:
        return int(self.world.rank)

    @property
    def size(self) -> int:
        return int(self.world.size)

    def vector(self, n: int, dtype: DType) -> Floats:
        return zeros((n,), dtype)

    def sum_(self, x: Floats) -> None:
        from mpi4py import MPI

        self.world.Allreduce(MPI.IN_PLACE, x)

    def gather(self, value: T) -> list[T]:
        values: list[T] = self.world.allgather(value)
        return values


def world() -> Mpi:
    """The communicator of all MPI ranks. Raises UsageError if mpi4py is not installed."""
    try:
        from mpi4py import MPI
    except ImportError:
        raise UsageError(
            "started by an MPI launcher, but mpi4py is not installed; pip install 'charrnn[mpi]'"
        ) from None
    return Mpi(MPI.COMM_WORLD)
