"""Available memory as the operating system reports it; None if it is unknown.

On Linux this is MemAvailable of the kernel, or the rest of the memory limit of a control group
(cgroup v1 or v2) that contains this process, whichever is less.
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
    """Bytes available for new work: free memory on Linux and Windows, all memory elsewhere."""
    if sys.platform == "win32":
        return _free_on_windows()
    limits = [*_kernel(proc), *_control_groups(proc, cgroups)]
    return min(limits) if limits else _physical_memory()


def address_space(proc: Path = PROC) -> int | None:
    """Bytes left of the limit on address space (`ulimit -v`) of this process; None if unlimited."""
    if sys.platform == "win32":
        return None
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else max(0, limit - _pages(proc, 0))


def description() -> str:
    """One line on the software and hardware that decide a run's speed and its rounding errors."""
    return (
        f"Python {platform.python_version()}, NumPy {np.__version__},"
        f" {platform.system()} {platform.machine()}, {os.cpu_count() or 1} processors"
    )


def resident(proc: Path = PROC) -> int:
    """Resident memory of this process in bytes; 0 if the system does not report it."""
    return _pages(proc, 1)


def _pages(proc: Path, column: int) -> int:
    """A column of /proc/self/statm in bytes: 0 is the address space, 1 the resident memory."""
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
    """The rest of each memory limit on the control group of this process and on its parents."""
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
    """The rest of the limit of each group from `path` up to `root`.

    A container may see its own group as the root although `path` says otherwise, so folders that
    do not exist are skipped.
    """
    group = root / path.lstrip("/")
    for folder in (group, *group.parents):
        with suppress(OSError, ValueError):  # without a limit the file says "max", or is missing
            rest = int((folder / limit).read_text(encoding="ascii"))
            rest -= int((folder / usage).read_text(encoding="ascii"))
            yield max(0, rest + _page_cache(folder, prefix))
        if folder == root:
            return


def _page_cache(folder: Path, prefix: str) -> int:
    """Bytes of a group's page cache, which the kernel frees when memory is needed."""
    names = {f"{prefix}active_file", f"{prefix}inactive_file"}
    lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.split()[0] in names)


def _physical_memory() -> int | None:
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
