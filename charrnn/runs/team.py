"""The processes of a run: how many there are, and who starts them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from charrnn.config import Config
from charrnn.errors import UsageError
from charrnn.nn.arrays import DType
from charrnn.parallel import mpi
from charrnn.parallel.base import SOLO, Communicator
from charrnn.parallel.launcher import launched, local_size
from charrnn.parallel.layout import layout_for, usable_cores
from charrnn.parallel.local import local_workers
from charrnn.parallel.threads import blas_threads
from charrnn.training.message import message_size
from charrnn.training.plan import Plan


@dataclass(frozen=True)
class Team:
    """Those who train together, as rank 0 sees them."""

    comm: Communicator
    threads: int | None  # BLAS threads of each process; None: as the environment says
    notes: tuple[str, ...] = ()


@contextmanager
def gather_team(
    config: Config, plan: Plan, dtype: DType, work: Callable[[Communicator, Config], None]
) -> Iterator[Team]:
    """Start the workers that `config` asks for, each as `work(comm, config)`; or MPI's ranks.

    Raises UsageError where the ranks of MPI are more than the tracks.
    """
    B = plan.batches.batch_size
    if launched() is not None:
        comm = mpi.world()
        if comm.size > B:
            raise UsageError(f"{comm.size} MPI ranks cannot share {B} tracks; start at most {B}")
        yield Team(comm, None)
        return
    processes, threads, notes = _layout(config, plan)
    with ExitStack() as stack:
        if threads is not None and not stack.enter_context(blas_threads(threads)):
            notes = (*notes, f"set OMP_NUM_THREADS={threads} to give BLAS as many threads")
        if processes == 1:
            yield Team(SOLO, threads, notes)
            return
        n = message_size(plan.model.shapes(), plan.model.cells, B)
        comm_ = local_workers(processes, n, dtype, threads or 1, work, config)
        yield Team(stack.enter_context(comm_), threads, notes)


def processes_of(config: Config, plan: Plan) -> tuple[int, int]:
    """How many processes train together, and how many of them on this machine."""
    if launched() is not None:
        return mpi.world().size, local_size()
    processes, _, _ = _layout(config, plan)
    return processes, processes


def _layout(config: Config, plan: Plan) -> tuple[int, int | None, tuple[str, ...]]:
    """Processes, BLAS threads of each, and what to say of them."""
    asked, B = config.train.workers, plan.batches.batch_size
    if asked == "auto":
        packed = plan.kernels.packed
        return (*layout_for(B, config.model.hidden_size, usable_cores(), packed=packed), ())
    if asked > B:
        return B, 1, (f"{asked} workers cannot share {B} tracks: {B} workers",)
    return asked, None if asked == 1 else 1, ()
