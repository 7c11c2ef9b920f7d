"""Bytes that are missing and bits that are not what they were: noticed, or without consequence."""

import os
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from charrnn.errors import CheckpointError
from charrnn.runs.checkpoints import read_checkpoint
from tests.grid import thinned
from tests.saved import save
from tests.strangers import MIB, posix, refusal, same

STRIDE = 5  # bits; without a factor of 8, so that all bits of a byte have their turn


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """As few arrays as can be."""
    return save(tmp_path / "some.npz", "model.cell=rnn", "model.hidden_size=1", "optimizer=sgd")


def test_every_truncation_is_refused(small: Path) -> None:
    for size in reversed(range(small.stat().st_size)):
        os.truncate(small, size)
        refusal(small, read_checkpoint)


def test_truncations_of_a_large_file_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "large.npz", "model.hidden_size=200")
    assert path.stat().st_size > 2 * MIB
    rng = np.random.default_rng(1)
    for size in sorted(rng.integers(path.stat().st_size, size=200).tolist(), reverse=True):
        os.truncate(path, size)
        refusal(path, read_checkpoint)


def flip(path: Path, bits: Sequence[int]) -> tuple[int, int]:
    """Flip each of the bits, one at a time. How many are noticed, and how many change nothing."""
    whole, raw = read_checkpoint(path), path.read_bytes()
    refused = harmless = 0
    with path.open("r+b", buffering=0) as file:
        for bit in bits:
            place, was = bit // 8, raw[bit // 8 : bit // 8 + 1]
            os.pwrite(file.fileno(), bytes([was[0] ^ 1 << bit % 8]), place)
            try:
                read = read_checkpoint(path)
            except CheckpointError:
                refused += 1
            else:
                assert same(read, whole), f"bit {bit}"
                harmless += 1
            os.pwrite(file.fileno(), was, place)
    return refused, harmless


def after_header(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        return archive.infolist()[1].header_offset


@posix
def test_flipped_bits_of_the_header_are_noticed_or_change_nothing(small: Path) -> None:
    end = 8 * after_header(small)
    bits = thinned(range(end), range(0, end, STRIDE))
    refused, harmless = flip(small, bits)
    assert refused + harmless == len(bits)
    assert harmless < 400  # versions, dates and sizes of the local header, 50 bytes


@posix
def test_flipped_bits_of_the_directory_are_noticed_or_change_nothing(small: Path) -> None:
    raw = small.read_bytes()
    (start,) = struct.unpack("<L", raw[-6:-2])
    bits = range(8 * start, 8 * len(raw))
    refused, harmless = flip(small, thinned(bits, bits[::STRIDE]))
    assert refused > harmless


@posix
def test_a_thousand_flipped_bits_of_the_body_are_noticed(tmp_path: Path) -> None:
    path = save(tmp_path / "some.npz", "model.hidden_size=20")
    start, size = after_header(path), path.stat().st_size
    bits = np.random.default_rng(2).integers(8 * start, 8 * size, size=1000).tolist()
    refused, harmless = flip(path, bits)
    assert refused + harmless == 1000
    assert refused > 900
