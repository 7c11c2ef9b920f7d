"""Zip archives that lie: every field of every record is what a test wants it to be."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

END = b"PK\x05\x06"


@dataclass(frozen=True)
class Member:
    """One member. What is None is told as it is."""

    name: bytes
    data: bytes = b""
    method: int = 0
    flags: int = 0
    crc: int | None = None
    size: int | None = None
    packed: int | None = None  # the compressed size
    at: int | None = None  # where its local header is said to be; then it has none of its own
    local_name: bytes | None = None
    extra: bytes = b""  # in the directory


def npy(words: str, numbers: bytes) -> bytes:
    """A member that says of its numbers what a test wants it to say."""
    return b"\x93NUMPY\x01\x00\x76\x00" + words.encode().ljust(117) + b"\n" + numbers


def zip_of(
    members: Sequence[Member],
    *,
    entries: int | None = None,
    directory_size: int | None = None,
    directory_at: int | None = None,
    comment: bytes = b"",
) -> bytes:
    """The bytes of an archive. The last three replace what its end record says."""
    body, directory = bytearray(), bytearray()
    for one in members:
        crc = zlib.crc32(one.data) if one.crc is None else one.crc
        size = len(one.data) if one.size is None else one.size
        sizes = (crc, len(one.data) if one.packed is None else one.packed, size)
        at = len(body) if one.at is None else one.at
        local = one.name if one.local_name is None else one.local_name
        if one.at is None:
            told = (20, one.flags, one.method, 0, 0x21, *sizes, len(local), 0)
            body += struct.pack("<4s5H3L2H", b"PK\x03\x04", *told) + local + one.data
        told = (20, 20, one.flags, one.method, 0, 0x21, *sizes, len(one.name), len(one.extra))
        directory += struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *told, 0, 0, 0, 0, at)
        directory += one.name + one.extra
    n = (len(members) if entries is None else entries) & 0xFFFF
    size = len(directory) if directory_size is None else directory_size
    at = len(body) if directory_at is None else directory_at
    end = struct.pack("<4s4H2LH", END, 0, 0, n, n, size, at, len(comment))
    return bytes(body + directory + end + comment)
