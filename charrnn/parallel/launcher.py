"""Detection of an MPI launcher from the environment, without importing MPI or NumPy."""

import os

LAUNCHERS = ("OMPI_COMM_WORLD", "PMI")  # Open MPI; MPICH, Intel MPI and Slurm


def launched() -> int | None:
    """The rank of this process, or None if no MPI launcher started it as one of several."""
    for name in LAUNCHERS:
        if int(os.environ.get(f"{name}_SIZE", "1")) > 1:
            return int(os.environ[f"{name}_RANK"])
    return None


def local_size() -> int:
    """The number of MPI ranks on this machine; 1 if the launcher does not report it."""
    names = ("OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS")
    return max(int(os.environ.get(name, "1")) for name in names)


def abort(code: int) -> None:
    """End all ranks at once, when this rank cannot continue and the others would wait for it."""
    from mpi4py import MPI

    MPI.COMM_WORLD.Abort(code)
