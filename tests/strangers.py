"""What every checkpoint from a stranger is held to: refused in one line, cheaply, or unchanged."""

import json
import os
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn import api
from charrnn.errors import CheckpointError
from charrnn.storage.checkpoint import Checkpoint
from tests.saved import contents, forge

MIB = 2**20
posix = pytest.mark.skipif(os.name != "posix", reason="needs what Windows does not have")


def refusal(path: Path, load: Callable[[Path], object] = api.load) -> str:
    """Why a checkpoint is refused: one short line, which names the file and shows on a screen."""
    with pytest.raises(CheckpointError) as caught:
        load(path)
    line = str(caught.value)
    name, why = line[: len(str(path))], line[len(str(path)) :]
    assert name == str(path)
    assert why.startswith(": ")
    assert why.isprintable()
    assert len(why) < 520
    return why[2:]


@contextmanager
def cheaply(most: int = 64 * MIB, seconds: float = 10.0) -> Iterator[None]:
    """Inside, Python and NumPy allocate at most so many bytes, and the CPU is not busy for long."""
    tracemalloc.start()
    begun = time.process_time()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most, f"{peak / MIB:.1f} MiB"
    assert time.process_time() - begun < seconds


def same(a: Checkpoint, b: Checkpoint) -> bool:
    return (
        json.dumps(a.header) == json.dumps(b.header)
        and a.arrays.keys() == b.arrays.keys()
        and all(x.dtype == b.arrays[k].dtype for k, x in a.arrays.items())
        and all(np.array_equal(x, b.arrays[k]) for k, x in a.arrays.items())
    )


REMOVED = object()


def changed(path: Path, value: Any, *keys: str) -> None:
    """Replace, add or remove one value of the header."""
    header, arrays = contents(path)
    place = header
    for key in keys[:-1]:
        place = place[key]
    if value is REMOVED:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    forge(path, header, arrays)


def members_of(path: Path) -> dict[bytes, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name.encode(): archive.read(name) for name in archive.namelist()}
