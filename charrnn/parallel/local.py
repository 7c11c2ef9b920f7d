"""Workers on this machine: processes that add their gradients in shared memory.

Gradients lie in anonymous shared memory, a row a rank. Each rank sums a slice of the columns, in
the order of the ranks, so the bytes of the sum depend on nothing else. Before and after it the
processes meet over pipes: a pipe tells at once that a process is gone, whoever killed it. Nothing
has a name that could outlive the run.
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
from charrnn.parallel.base import Communicator
from charrnn.parallel.threads import BLAS_THREADS

T = TypeVar("T")

PATIENCE = 5.0  # seconds that a worker has to end by itself


@dataclass
class Local:
    """One rank of the workers of a machine. `links` leads to rank 0, or from it to all others."""

    rank: int
    size: int
    links: list["Connection[Any, Any]"]
    shared: Any  # ctypes array: a row for each rank and one for the sum

    def vector(self, n: int, dtype: DType) -> Floats:
        memory = np.frombuffer(self.shared, np.uint8)
        start = -memory.ctypes.data % LINE
        rows = memory[start : start + (self.size + 1) * _row(n, dtype)]
        self._rows: Floats = rows.view(dtype).reshape(self.size + 1, -1)[:, :n]
        mine: Floats = self._rows[self.rank]
        return mine

    def sum_(self, x: Floats) -> None:
        *parts, total = self._rows
        n = len(total)
        mine = slice(self.rank * n // self.size, (self.rank + 1) * n // self.size)
        self.gather(None)
        np.add(parts[0][mine], parts[1][mine], out=total[mine])
        for part in parts[2:]:
            np.add(total[mine], part[mine], out=total[mine])
        self.gather(None)
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
            raise WorkerLostError("a worker process is gone") from None


@contextmanager
def local_workers(
    size: int, n: int, dtype: DType, threads: int, work: Callable[..., None], *arguments: Any
) -> Iterator[Communicator]:
    """Start ranks 1 to size-1, each as `work(comm, *arguments)`, and give rank 0 its communicator.

    `n` is the length of the vector that they sum, `threads` the number of BLAS threads of each.
    When the block is left they are gone: by themselves if their work is done, else by force.
    """
    context = multiprocessing.get_context("spawn")
    shared = context.RawArray(c_byte, (size + 1) * _row(n, dtype) + LINE)
    links: list[Connection[Any, Any]] = []
    processes: list[SpawnProcess] = []
    try:
        with _quiet_birth(threads):
            for rank in range(1, size):
                ours, theirs = context.Pipe()
                comm = Local(rank, size, [theirs], shared)
                process = context.Process(target=_run, args=(work, comm, arguments), daemon=True)
                process.start()
                theirs.close()
                links.append(ours)
                processes.append(process)
        yield Local(0, size, links, shared)
        for process in processes:
            process.join(PATIENCE)
    finally:
        for link in links:
            link.close()
        for process in processes:
            process.kill()
            process.join()


def _row(n: int, dtype: DType) -> int:
    """Bytes of a row, which ends with a cache line."""
    return -(-n * dtype.itemsize // LINE) * LINE


def _run(work: Callable[..., None], comm: Local, arguments: tuple[Any, ...]) -> None:
    """A worker's whole life. It ends quietly when rank 0 does."""
    try:
        work(comm, *arguments)
    except CharrnnError:  # rank 0 is lost, or has met with the same, and tells of it
        return


MINE = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")  # the last two not on Windows


@contextmanager
def _quiet_birth(threads: int) -> Iterator[None]:
    """Processes started inside have `threads` BLAS threads, and leave signals to rank 0.

    A blocked signal stays blocked in a child, from its first moment on, and is not lost here.
    """
    kept = {name: os.environ.get(name) for name in BLAS_THREADS}
    os.environ.update(dict.fromkeys(BLAS_THREADS, str(threads)))
    signals = {getattr(signal, name) for name in MINE if hasattr(signal, name)}
    can_block = hasattr(signal, "pthread_sigmask")
    if can_block:
        resource_tracker.ensure_running()  # its own start would end with both signals unblocked
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        if can_block:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
