"""How a run uses the processors: so many processes, so many BLAS threads each.

Processes win wherever each has enough tracks to keep its products busy: they share nothing but one
sum a step. With fewer tracks a product is bound by reading the weights, which every process would
do for itself. Then the threads of NumPy's BLAS may share one product; those of packed products gain
nothing, as they wait for each other at every step (measured: `scripts/scaling.py layouts`).
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

ENOUGH_TRACKS = 12  # of a process
ENOUGH_PACKED = 6
WIDE = 256  # hidden units from which a single product is work for more than one thread


class Layout(NamedTuple):
    """Processes, and BLAS threads of each."""

    processes: int
    threads: int


def layout_for(batch_size: int, hidden_size: int, cores: int, *, packed: bool) -> Layout:
    """What `train.workers: auto` is for this network on a machine of so many cores."""
    enough = ENOUGH_PACKED if packed else ENOUGH_TRACKS
    processes = max(1, min(cores, batch_size // enough))
    return Layout(processes, 1 if packed or hidden_size < WIDE else cores // processes)


def usable_cores() -> int:
    """Processors that this process may use: by its affinity, and by the quota of its container."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        cores = min(cores, max(1, round(int(quota) / int(period))))
    return cores
