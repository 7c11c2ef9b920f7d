"""Was this process started by MPI? Imports neither MPI nor NumPy."""

import os

LAUNCHERS = ("OMPI_COMM_WORLD", "PMI")  # Open MPI; MPICH, Intel MPI and Slurm


def launched() -> int | None:
    """The rank of this process if an MPI launcher started it as one of several."""
    for name in LAUNCHERS:
        if int(os.environ.get(f"{name}_SIZE", "1")) > 1:
            return int(os.environ[f"{name}_RANK"])
    return None


def local_size() -> int:
    """How many of MPI's ranks are on this machine; 1 where the launcher does not tell."""
    names = ("OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS")
    return max(int(os.environ.get(name, "1")) for name in names)


def abort(code: int) -> None:
    """End all ranks at once, for one that cannot go on while the others wait for it."""
    from mpi4py import MPI

    MPI.COMM_WORLD.Abort(code)
