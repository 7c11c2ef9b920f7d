"""What the system says of its memory, told by made-up files."""

from pathlib import Path

import pytest

from charrnn.storage import machine
from charrnn.storage.machine import address_space, available_memory, resident

GIB = 2**30


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)


@pytest.fixture
def system(tmp_path: Path) -> tuple[Path, Path]:
    proc, cgroups = tmp_path / "proc", tmp_path / "cgroup"
    write(proc, meminfo=f"MemTotal: 9 kB\nMemAvailable:   {8 * 2**20} kB\n")
    write(proc / "self", cgroup="")
    return proc, cgroups


def test_what_the_kernel_says(system) -> None:
    assert available_memory(*system) == 8 * GIB


def v2(folder: Path, limit: str, current: int, cached: int = 0) -> None:
    stat = f"anon 5\nactive_file {cached // 4}\ninactive_file {cached - cached // 4}\n"
    write(folder, memory__max=f"{limit}\n", memory__current=f"{current}\n", memory__stat=stat)


@pytest.mark.parametrize("mount", ["", "unified"])
def test_a_control_group_of_the_second_version(system, mount: str) -> None:
    proc, cgroups = system
    write(proc / "self", cgroup="0::/a/b\n")
    v2(cgroups / mount / "a/b", "max", 5)
    v2(cgroups / mount / "a", f"{4 * GIB}", 2 * GIB, cached=GIB)
    assert available_memory(proc, cgroups) == 3 * GIB
    v2(cgroups / mount / "a/b", f"{GIB}", GIB // 2)
    assert available_memory(proc, cgroups) == GIB // 2
    v2(cgroups / mount / "a/b", f"{GIB}", 2 * GIB)
    assert available_memory(proc, cgroups) == 0


def test_a_control_group_of_the_first_version(system) -> None:
    proc, cgroups = system
    write(proc / "self", cgroup="5:cpu,memory:/a\n4:cpu:/\n0::/\n")
    write(
        cgroups / "memory/a",
        memory__limit_in_bytes=f"{GIB}",
        memory__usage_in_bytes=f"{GIB // 2}",
        memory__stat=f"inactive_file 7\ntotal_active_file 0\ntotal_inactive_file {GIB // 4}\n",
    )
    assert available_memory(proc, cgroups) == GIB * 3 // 4


def test_a_container_that_sees_its_own_group_as_the_root(system) -> None:
    proc, cgroups = system
    write(proc / "self", cgroup="0::/docker/0123\n")
    v2(cgroups, f"{2 * GIB}", GIB)
    assert available_memory(proc, cgroups) == GIB


@pytest.mark.parametrize("told", ["nonsense", "0:memory", "0::/a", "x:y:z\n"])
def test_what_cannot_be_understood_is_no_limit(system, told: str) -> None:
    proc, cgroups = system
    write(proc / "self", cgroup=told)
    write(cgroups / "a", memory__max="lots", memory__current="few")
    assert available_memory(proc, cgroups) == 8 * GIB


def test_a_system_that_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (available_memory(tmp_path, tmp_path) or 0) > 0  # all that is built in
    monkeypatch.setattr(machine.os, "sysconf", lambda _: (_ for _ in ()).throw(ValueError()))
    assert available_memory(tmp_path, tmp_path) is None
    assert resident(tmp_path) == 0


def test_the_limit_of_a_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, 0))
    assert address_space() is None
    monkeypatch.setattr(resource, "getrlimit", lambda _: (8 * GIB, 0))
    page = machine.os.sysconf("SC_PAGE_SIZE")
    write(tmp_path / "self", statm=f"{3 * GIB // page} {GIB // page} 0 0 0 0 0\n")
    assert address_space(tmp_path) == 5 * GIB
    assert resident(tmp_path) == GIB
    write(tmp_path / "self", statm=f"{9 * GIB // page} 1 0 0 0 0 0\n")
    assert address_space(tmp_path) == 0


def test_this_machine() -> None:
    assert (available_memory() or GIB) > 2**24
    assert resident() < 100 * GIB
