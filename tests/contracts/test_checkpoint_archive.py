"""Archives that are meant to hurt: bombs, lies about sizes and places, names, pickles."""

import json
import pickle
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn.runs.checkpoints import read_checkpoint
from charrnn.storage.archive import AT_ONCE, PREAMBLE, preamble
from tests.saved import contents, listing, save
from tests.strangers import MIB, cheaply, members_of, posix, refusal, same
from tests.zips import Member, npy, zip_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return save(tmp_path / "some.npz")


def test_a_header_of_a_gigabyte_is_not_read(path: Path) -> None:
    size = 2**30
    member = Member(b"header.npy", preamble("|u1", (size,)), size=size + PREAMBLE)
    raw = zip_of([member], directory_at=10 + 30 + PREAMBLE + size)
    body = 30 + 10 + PREAMBLE
    with path.open("wb") as file:
        file.write(raw[:body])
        file.seek(body + size)
        file.write(raw[body:])
    with cheaply():
        assert "header has 1,073,741,824 bytes" in refusal(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_is_not_unpacked(path: Path, method: int) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("header.npy", bytes(20 * MIB))
    with cheaply():
        assert "compressed" in refusal(path)


def overlapping(path: Path, told: int) -> None:
    """Many arrays, all of them in one place."""
    header, _ = contents(path)
    numbers = np.zeros(told // 4, np.float32)
    names = [f"params/{k}" for k in range(1000)]
    text = json.dumps(header | {"arrays": listing(dict.fromkeys(names[:1], numbers))})
    first = Member(b"header.npy", preamble("|u1", (len(text),)) + text.encode())
    data = preamble("<f4", numbers.shape) + numbers.tobytes()
    second = Member(b"params/0.npy", data)
    start = 30 + len(first.name) + len(first.data)
    others = [Member(f"{name}.npy".encode(), data, crc=0, at=start) for name in names[1:]]
    path.write_bytes(zip_of([first, second, *others]))


def test_arrays_that_overlap_are_refused(path: Path) -> None:
    overlapping(path, 8 * MIB)
    with cheaply():
        assert "but the file has only" in refusal(path)


def test_a_huge_directory_is_not_read(path: Path) -> None:
    path.write_bytes(zip_of([Member(b"%05d" % n, at=0) for n in range(100_000)]))
    assert path.stat().st_size > AT_ONCE
    with cheaply():
        assert "table of contents" in refusal(path)


def test_as_large_a_directory_as_can_be_is_read_cheaply(path: Path) -> None:
    n = AT_ONCE // (46 + 5)
    path.write_bytes(zip_of([Member(b"%05d" % k, at=0) for k in range(n)]))
    with cheaply(128 * MIB):
        assert "it has no array 'header'" in refusal(path)


TRICKS: dict[str, Callable[[list[Member]], bytes]] = {
    "none": lambda m: zip_of([]),
    "only the header": lambda m: zip_of(m[:1]),
    "without the header": lambda m: zip_of(m[1:]),
    "a member twice": lambda m: zip_of([*m, m[3]]),
    "the header twice": lambda m: zip_of([m[0], *m]),
    "one name for two": lambda m: zip_of([*m, Member(m[0].name, m[1].data)]),
    "a folder": lambda m: zip_of([*m, Member(b"params/")]),
    "a path": lambda m: zip_of([*m, Member(b"../../../../etc/evil.npy", m[1].data)]),
    "a root": lambda m: zip_of([*m, Member(b"/etc/evil.npy", m[1].data)]),
    "a drive": lambda m: zip_of([*m, Member(b"C:\\evil.npy", m[1].data)]),
    "a path for an array": lambda m: zip_of([*m[:-1], Member(b"../" + m[-1].name, m[-1].data)]),
    "no suffix": lambda m: zip_of([*m[:-1], Member(m[-1].name[:-4], m[-1].data)]),
    "no UTF-8": lambda m: zip_of([*m, Member(b"\xff\xfe.npy", flags=0x800)]),
    "local name": lambda m: zip_of([*m[:-1], Member(m[-1].name, m[-1].data, local_name=b"x")]),
    "encrypted": lambda m: zip_of([Member(m[0].name, m[0].data, flags=1), *m[1:]]),
    "strongly": lambda m: zip_of([Member(m[0].name, m[0].data, flags=0x40), *m[1:]]),
    "patched": lambda m: zip_of([Member(m[0].name, m[0].data, flags=0x20), *m[1:]]),
    "method 99": lambda m: zip_of([Member(m[0].name, m[0].data, method=99), *m[1:]]),
    "crc": lambda m: zip_of([*m[:-1], Member(m[-1].name, m[-1].data, crc=1)]),
    "size": lambda m: zip_of([*m[:-1], Member(m[-1].name, m[-1].data, size=2)]),
    "large": lambda m: zip_of([*m[:-1], Member(m[-1].name, m[-1].data, size=2**32 - 2)]),
    "packed": lambda m: zip_of([*m[:-1], Member(m[-1].name, m[-1].data, packed=2)]),
    "at the end": lambda m: zip_of([Member(m[0].name, m[0].data, at=10**6), *m[1:]]),
    "zip64": lambda m: zip_of([zip64(m[0], 2**63), *m[1:]]),
    "zip64 sizes": lambda m: zip_of([zip64(m[0], 2**64 - 1), *m[1:]]),
    "extra": lambda m: zip_of([Member(m[0].name, m[0].data, extra=b"\x01\x00\xff\xff"), *m[1:]]),
    "entries": lambda m: zip_of(m, entries=1000, directory_size=2**31),
    "directory": lambda m: zip_of(m, directory_size=3),
    "directory at": lambda m: zip_of(m, directory_at=2**32 - 1),
    "npy": lambda m: zip_of([Member(m[0].name, b"\x93NUMPY"), *m[1:]]),
    "empty": lambda m: zip_of([Member(m[0].name), *m[1:]]),
    "npy 2.0": lambda m: zip_of(
        [Member(m[0].name, m[0].data.replace(b"\x01\x00", b"\x02\x00", 1)), *m[1:]]
    ),
}


def zip64(member: Member, value: int) -> Member:
    """Its sizes and its place stand in the extra field, and are as large as can be."""
    extra = struct.pack("<HHQQQ", 1, 24, value, value, value)
    low = 2**32 - 1
    return Member(member.name, member.data, size=low, packed=low, at=low, extra=extra)


@pytest.mark.parametrize("case", TRICKS)
def test_an_archive_with_a_trick_is_refused(path: Path, case: str) -> None:
    members = [Member(name, data) for name, data in members_of(path).items()]
    path.write_bytes(zip_of(members))
    assert same(read_checkpoint(path), read_checkpoint(save(path.with_name("other.npz"))))
    path.write_bytes(TRICKS[case](members))
    with cheaply():
        refusal(path)


def test_a_comment_and_bytes_before_the_archive_change_nothing(path: Path) -> None:
    whole, raw = read_checkpoint(path), path.read_bytes()
    members = [Member(name, data) for name, data in members_of(path).items()]
    for content in (b"#!/bin/sh\n" + raw, zip_of(members, comment=b"rm -rf /")):
        path.write_bytes(content)
        assert same(read_checkpoint(path), whole)


class Pickled:
    """Unpickling it would be noticed."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path("executed"),))


@pytest.mark.parametrize("place", ["header", "an array", "another"])
def test_a_pickle_is_not_executed(
    path: Path, place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    words = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    evil = npy(words, pickle.dumps(Pickled()))
    members = members_of(path)
    name = {"header": b"header.npy", "an array": b"params/head.by.npy", "another": b"x.npy"}[place]
    members[name] = evil
    path.write_bytes(zip_of([Member(n, data) for n, data in members.items()]))
    refusal(path)
    path.write_bytes(pickle.dumps(Pickled()))
    refusal(path)
    assert not Path("executed").exists()
    pickle.loads(pickle.dumps(Pickled()))
    assert Path("executed").exists()


@posix
def test_a_process_that_loads_a_bomb_stays_small(path: Path) -> None:
    """In an address space that has room for NumPy and a little more."""
    overlapping(path, 8 * MIB)
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30,) * 2);"
    code = f"{limit} from charrnn import api; api.load(sys.argv[1])"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert "charrnn.errors.CheckpointError" in ran.stderr
    assert "MemoryError" not in ran.stderr
