"""Ways to spoil a checkpoint, from single bits to the meaning of its header.

A mutation takes a source of randomness and the bytes of a checkpoint and gives other bytes. Those
of BYTES must not change what is read; those of MEANING write archives that are whole, of which some
say something else that can be true.
"""

import io
import json
import re
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from charrnn.storage.archive import PREAMBLE, write_archive
from tests.saved import listing
from tests.zips import Member, zip_of

NUMBERS = [0, 1, 2, -1, 3, 7, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1, 2**63, 2**64 - 1]
VALUES: list[Any] = [
    *NUMBERS, 10**400, 0.0, -0.5, 1.0, 1e308, 5e-324, float("nan"), float("inf"), True, False, None,
    "", "x", "lstm", "float64", "\x1b[2J\n", "\ud800", "../../x", "a" * 70_000, [], [1], [[]], {},
    {"name": "gru"}, [0.5, 0.5, 0], list(range(300)),
]  # fmt: skip
RECORDS = {  # of zip: signature, and the places and sizes of the fields of each record
    b"PK\x03\x04": [(4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)],
    b"PK\x01\x02": [(6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2),
                    (34, 2), (42, 4)],
    b"PK\x05\x06": [(4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)],
}  # fmt: skip
Mutation = Callable[[Random, bytes], bytes]


def bits(rng: Random, raw: bytes) -> bytes:
    new = bytearray(raw)
    for _ in range(rng.choice([1, 1, 1, 2, 8, 64])):
        new[rng.randrange(len(new))] ^= 1 << rng.randrange(8)
    return bytes(new)


def slices(rng: Random, raw: bytes) -> bytes:
    """Cut something out, put something in, write over it, or repeat it elsewhere."""
    a, n, b = rng.randrange(len(raw)), int(2 ** rng.uniform(0, 12)), rng.randrange(len(raw))
    piece = rng.choice([b"", rng.randbytes(n), bytes(n), raw[b : b + n]])
    return raw[:a] + piece + raw[a + rng.choice([0, len(piece), n]) :]


def fields(rng: Random, raw: bytes) -> bytes:
    """One or two fields of the zip's records become something else."""
    new = bytearray(raw)
    for _ in range(rng.choice([1, 1, 2])):
        signature = rng.choice(list(RECORDS))
        found = [one.start() for one in re.finditer(re.escape(signature), raw)]
        if not found:
            continue
        start, size = rng.choice(RECORDS[signature])
        at = rng.choice(found) + start
        old = int.from_bytes(new[at : at + size], "little")
        value = rng.choice([*NUMBERS, old + 1, old - 1, old * 2, len(raw)]) % 2 ** (8 * size)
        new[at : at + size] = value.to_bytes(size, "little")
    return bytes(new)


def members(rng: Random, raw: bytes) -> bytes:
    """The archive anew: a member is dropped, doubled, moved, renamed, or has another's data."""
    all_ = members_of(raw)
    i, j = rng.randrange(len(all_)), rng.randrange(len(all_))
    names = [all_[j].name, b"../" + all_[i].name, b"x", all_[i].name[:-4], b"\xff" + all_[i].name]
    match rng.randrange(6):
        case 0:
            del all_[i]
        case 1:
            all_.insert(j, all_[i])
        case 2:
            all_[i], all_[j] = all_[j], all_[i]
        case 3:
            all_[i] = replace(all_[i], name=rng.choice(names))
        case 4:
            all_[i] = replace(all_[i], data=all_[j].data)
        case 5:
            lie = rng.choice(["flags", "method", "size", "packed", "at", "crc"])
            all_[i] = replace(all_[i], **{lie: rng.choice(NUMBERS) % 2**16})
    return zip_of(all_)


def preambles(rng: Random, raw: bytes) -> bytes:
    """What a member says of its numbers, or how many there are, with a checksum that is right."""
    all_ = members_of(raw)
    i = rng.randrange(len(all_))
    data = bytearray(all_[i].data)
    for _ in range(rng.choice([1, 2, 3])):
        data[rng.randrange(min(len(data), PREAMBLE))] = rng.choice(b"0123456789<>|fiOU(),'{ \n\x00")
    end = rng.choice([len(data), len(data), len(data) - 4, PREAMBLE, 5])
    all_[i] = replace(all_[i], data=bytes(data[:end]))
    return zip_of(all_)


def header_text(rng: Random, raw: bytes) -> bytes:
    """Some characters of the header, with a checksum that is right."""
    header, arrays = opened(raw)
    text = bytearray(json.dumps(header).encode())
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(len(text))
        text[at : at + rng.choice([0, 1, 1, 1, 9])] = rng.choice(
            [
                b"",
                b"0",
                b"9",
                b"-",
                b"e9",
                b".",
                b'"',
                b",",
                b"{",
                b"]",
                b"null",
                b"\xff",
                b"[" * 99,
            ]
        )
    return closed(bytes(text), arrays)


def header_values(rng: Random, raw: bytes) -> bytes:
    """A value anywhere in the header is another, is gone, or has a neighbour."""
    header, arrays = opened(raw)
    for _ in range(rng.choice([1, 1, 1, 2])):
        place, key = somewhere(rng, header)
        match rng.randrange(6):
            case 0:
                del place[key]
            case 1 if isinstance(place, dict):
                place[rng.choice(["x", "\x1b\n", str(key) + "s"])] = rng.choice(VALUES)
            case 2:
                other, name = somewhere(rng, header)
                place[key] = json.loads(json.dumps(other[name]))
            case 3 if type(place[key]) in (int, float):
                place[key] = rng.choice(
                    [place[key] + 1, place[key] - 1, place[key] * 2, -place[key]]
                )
            case _:
                place[key] = rng.choice(VALUES)
    return closed(json.dumps(header).encode(), arrays)


def numbers(rng: Random, raw: bytes) -> bytes:
    """The arrays are others, and the header says so, with digests that are right."""
    header, arrays = opened(raw)
    name = rng.choice(list(arrays))
    a = arrays[name]
    change = rng.choice([
        lambda: a.T, lambda: a[:0], lambda: a[1:], lambda: a.ravel(), lambda: a * np.nan,
        lambda: a.astype(np.float64), lambda: a.astype(np.float32), lambda: a * 1e30,
        lambda: np.full_like(a, 3e38), lambda: -a, lambda: a[None], lambda: np.repeat(a, 2, axis=0),
        lambda: a.astype(np.int64), lambda: a.astype(np.float16), lambda: a[0, 0:1] * 0 + a.max(),
    ])  # fmt: skip
    try:
        with np.errstate(all="ignore"):
            arrays[name] = np.ascontiguousarray(change())
    except (IndexError, ValueError):
        del arrays[name]
    if rng.random() < 0.2:
        arrays[rng.choice(["params/x", "state/0/2", "raw/head.by", "\x1b"])] = a
    return closed(json.dumps(header | {"arrays": listing(arrays)}).encode(), arrays)


BYTES: dict[str, Mutation] = {f.__name__: f for f in (bits, slices, fields, members, preambles)}
MEANING: dict[str, Mutation] = {f.__name__: f for f in (header_text, header_values, numbers)}


def members_of(raw: bytes) -> list[Member]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return [Member(name.encode(), archive.read(name)) for name in archive.namelist()]


def opened(raw: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    with np.load(io.BytesIO(raw)) as file:
        arrays = dict(file)
    return json.loads(bytes(arrays.pop("header"))), arrays


def closed(header: bytes, arrays: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    write_archive(out, {"header": np.frombuffer(header, np.uint8), **arrays})
    return out.getvalue()


def somewhere(rng: Random, header: dict[str, Any]) -> tuple[Any, Any]:
    """A container in the header, of any depth, and a key or an index of it."""
    place, key = header, rng.choice(list(header))
    while isinstance(place[key], dict | list) and place[key] and rng.random() < 0.9:
        place = place[key]
        key = rng.choice(list(place) if isinstance(place, dict) else range(len(place)))
    return place, key
