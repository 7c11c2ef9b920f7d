"""The layout of a run over the cores: the number of processes and of BLAS threads per process.

Processes are faster if each has enough tracks to keep its matrix products busy: they only meet in
one all-reduce per step. With fewer tracks, a product is limited by reading the weights from memory,
and every process would read them again. Then the threads of NumPy's BLAS share each product.
Threads do not help packed products, since they wait for each other at every time step (measured
by `scripts/scaling.py layouts`).
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

MIN_TRACKS = 12  # per process
MIN_TRACKS_PACKED = 6
MIN_HIDDEN_FOR_THREADS = 256  # smaller products are too little work for several threads


class Layout(NamedTuple):
    """The number of processes, and of BLAS threads per process."""

    processes: int
    threads: int


def layout_for(batch_size: int, hidden_size: int, cores: int, *, packed: bool) -> Layout:
    """The layout of `train.workers: auto` for this network on a machine with `cores` cores."""
    min_tracks = MIN_TRACKS_PACKED if packed else MIN_TRACKS
    processes = max(1, min(cores, batch_size // min_tracks))
    has_threads = not packed and hidden_size >= MIN_HIDDEN_FOR_THREADS
    return Layout(processes, cores // processes if has_threads else 1)


def usable_cores() -> int:
    """Number of cores that CPU affinity and the CPU quota of the container allow this process."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        cores = min(cores, max(1, round(int(quota) / int(period))))
    return cores
