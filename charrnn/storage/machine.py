"""The memory that there is for a run, by the word of the system. Whatever it does not tell is None.

On Linux that is what the kernel could give without pushing others out, or what is left of a limit
on the control groups that this process is in, by either version of them, whichever is less.
"""

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")


def available_memory(proc: Path = PROC, cgroups: Path = CGROUPS) -> int | None:
    """Bytes that new work could have: of Linux and Windows what is free, of others all there is."""
    if sys.platform == "win32":
        return _free_on_windows()
    found = [*_kernel(proc), *_control_groups(proc, cgroups)]
    return min(found) if found else _built_in()


def address_space(proc: Path = PROC) -> int | None:
    """Bytes by which this one process may grow (`ulimit -v`); None where there is no limit."""
    if sys.platform == "win32":
        return None
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else max(0, limit - _pages(proc, 0))


def described() -> str:
    """What a run's speed and its last bits depend on, in words."""
    return (
        f"Python {platform.python_version()}, NumPy {np.__version__},"
        f" {platform.system()} {platform.machine()}, {os.cpu_count() or 1} processors"
    )


def resident(proc: Path = PROC) -> int:
    """Bytes of memory that this process has; 0 where the system does not tell."""
    return _pages(proc, 1)


def _pages(proc: Path, column: int) -> int:
    """A figure of statm in bytes: 0 is the address space, 1 what is in memory."""
    with suppress(OSError, ValueError, IndexError):
        pages = int((proc / "self/statm").read_text(encoding="ascii").split()[column])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0


def _kernel(proc: Path) -> Iterator[int]:
    with suppress(OSError, ValueError):
        for line in (proc / "meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                yield int(line.split()[1]) * 1024


def _control_groups(proc: Path, cgroups: Path) -> Iterator[int]:
    """What is left of each limit: on the group of this process, and on all that it lies in."""
    with suppress(OSError, ValueError):
        for line in (proc / "self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "":
                for root in (cgroups, cgroups / "unified"):
                    yield from _limits(root, path, "memory.max", "memory.current", "")
            elif "memory" in controllers.split(","):
                names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"
                yield from _limits(cgroups / "memory", path, *names)


def _limits(root: Path, path: str, limit: str, usage: str, prefix: str) -> Iterator[int]:
    """A container may see its own group as the root, whatever its path: what is there is asked."""
    here = root / path.lstrip("/")
    for folder in (here, *here.parents):
        with suppress(OSError, ValueError):  # without a limit the file says "max", or is not there
            left = int((folder / limit).read_text(encoding="ascii"))
            left -= int((folder / usage).read_text(encoding="ascii"))
            yield max(0, left + _cached(folder, prefix))
        if folder == root:
            return


def _cached(folder: Path, prefix: str) -> int:
    """Bytes of files that a group keeps in memory, and that make room when it is needed."""
    names = {f"{prefix}active_file", f"{prefix}inactive_file"}
    lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.split()[0] in names)


def _built_in() -> int | None:
    with suppress(AttributeError, OSError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


class _Status(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("free", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 5),
    )


def _free_on_windows() -> int | None:
    if sys.platform != "win32":
        return None
    status = _Status(length=ctypes.sizeof(_Status))
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.free)
