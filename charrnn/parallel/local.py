"""Worker processes on this machine, with an all-reduce in shared memory.

Gradients are in anonymous shared memory, one row per rank. Each rank sums a slice of the columns in
rank order, so the bytes of the sum depend on the gradients alone. Before and after the sum the
processes meet at a barrier over pipes, since a pipe reports at once that the other process has
ended. No shared object has a name that could outlive the run.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import c_byte
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

import numpy as np

from charrnn.errors import CharrnnError, WorkerLostError
from charrnn.nn.arrays import LINE, DType, Floats
from charrnn.parallel.base import Communicator, share_of
from charrnn.parallel.threads import BLAS_THREADS

T = TypeVar("T")

SHUTDOWN_SECONDS = 5.0  # before a worker whose work is done is killed
SIGNALS_OF_RANK_0 = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")  # the last two not on Windows


@dataclass
class Local:
    """The communicator of one worker. `links` are pipes in a star with rank 0 at its centre."""

    rank: int
    size: int
    links: list["Connection[Any, Any]"]
    shared: Any  # ctypes array: one row per rank, and one for the sum

    def vector(self, n: int, dtype: DType) -> Floats:
        memory = np.frombuffer(self.shared, np.uint8)
        start = -memory.ctypes.data % LINE
        rows = memory[start : start + (self.size + 1) * _row(n, dtype)]
        self._rows: Floats = rows.view(dtype).reshape(self.size + 1, -1)[:, :n]
        row: Floats = self._rows[self.rank]
        return row

    def sum_(self, x: Floats) -> None:
        *rows, total = self._rows
        share = share_of(len(total), self.rank, self.size)
        columns = slice(share.start, share.stop)
        self._barrier()
        np.add(rows[0][columns], rows[1][columns], out=total[columns])
        for row in rows[2:]:
            np.add(total[columns], row[columns], out=total[columns])
        self._barrier()
        np.copyto(x, total)

    def gather(self, value: T) -> list[T]:
        try:
            if self.rank:
                self.links[0].send(value)
                values: list[T] = self.links[0].recv()
                return values
            values = [value, *(link.recv() for link in self.links)]
            for link in self.links:
                link.send(values)
            return values
        except (EOFError, OSError):
            raise WorkerLostError("a worker process ended unexpectedly") from None

    def _barrier(self) -> None:
        self.gather(None)


@contextmanager
def local_workers(
    size: int, n: int, dtype: DType, threads: int, work: Callable[..., None], *arguments: Any
) -> Iterator[Communicator]:
    """Start ranks 1 to size-1, each as `work(comm, *arguments)`, and yield rank 0's communicator.

    `n` is the length of the vector to sum, `threads` the number of BLAS threads per process. At
    the end of the block the workers have ended: by themselves, or killed if the block failed or
    they take longer than SHUTDOWN_SECONDS.
    """
    context = multiprocessing.get_context("spawn")
    shared = context.RawArray(c_byte, (size + 1) * _row(n, dtype) + LINE)
    links: list[Connection[Any, Any]] = []
    processes: list[SpawnProcess] = []
    try:
        with _child_environment(threads):
            for rank in range(1, size):
                parent_end, child_end = context.Pipe()
                comm = Local(rank, size, [child_end], shared)
                process = context.Process(target=_run, args=(work, comm, arguments), daemon=True)
                process.start()
                child_end.close()
                links.append(parent_end)
                processes.append(process)
        yield Local(0, size, links, shared)
        for process in processes:
            process.join(SHUTDOWN_SECONDS)
    finally:
        for link in links:
            link.close()
        for process in processes:
            process.kill()
            process.join()


def _row(n: int, dtype: DType) -> int:
    """Bytes per row, rounded up to whole cache lines."""
    return -(-n * dtype.itemsize // LINE) * LINE


def _run(work: Callable[..., None], comm: Local, arguments: tuple[Any, ...]) -> None:
    """The main function of a worker process, which prints no errors."""
    try:
        work(comm, *arguments)
    except CharrnnError:  # rank 0 has ended, or hit the same error and reports it
        return


@contextmanager
def _child_environment(threads: int) -> Iterator[None]:
    """Give processes started in the block `threads` BLAS threads, and block their signals."""
    previous = {name: os.environ.get(name) for name in BLAS_THREADS}
    os.environ.update(dict.fromkeys(BLAS_THREADS, str(threads)))
    try:
        with _blocked_signals():
            yield
    finally:
        for name, value in previous.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _blocked_signals() -> Iterator[None]:
    """Block the signals that only rank 0 handles; not on Windows, which cannot.

    A child inherits the mask, so it never sees them. Here they stay pending until the end.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    signals = {getattr(signal, name) for name in SIGNALS_OF_RANK_0 if hasattr(signal, name)}
    resource_tracker.ensure_running()  # starting it later would unblock SIGINT and SIGTERM
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)
