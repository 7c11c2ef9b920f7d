"""Measure time and memory of the search for copied passages, and verify that it finds all of them.

    python scripts/novelty.py --megabytes 10 --samples 20 --length 2000

The text is FILE, or else the source of Python's standard library, repeated where that is too
short. Samples come from what follows it, each with a passage planted from the text; as many others
are the reference, as in `charrnn sample --novelty`. Every longest passage is compared with a
search by `bytes.find`. Exits with 1 where the two differ.
"""

import argparse
import os
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.studies.novelty.maths import PassageSearch
from charrnn.studies.novelty.study import BLOCK, SIZES


def library() -> bytes:
    """The standard library's own source."""
    paths = sorted(Path(os.__file__).parent.rglob("*.py"))
    return b"".join(path.read_bytes() for path in paths if "site-packages" not in path.parts)


def make_samples(after: bytes, text: bytes, count: int, length: int) -> list[bytes]:
    """Stretches of `after`; in the middle of every other one a passage of `text`."""
    rng = np.random.default_rng(1)
    samples = []
    for k in range(2 * count):
        start = int(rng.integers(0, max(1, len(after) - length)))
        sample = bytearray(after[start : start + length])
        if k % 2:
            place, size = int(rng.integers(0, len(text) - length)), int(rng.integers(20, 200))
            sample[length // 2 : length // 2 + size] = text[place : place + size]
        samples.append(bytes(sample[:length]))
    return samples


def search(text: bytes, samples: list[bytes]) -> PassageSearch:
    """What `charrnn sample --novelty` does with a text in memory."""
    ids = np.frombuffer(text, np.uint8)
    as_ids: list[Ids] = [np.frombuffer(sample, np.uint8).astype(np.int64) for sample in samples]
    found = PassageSearch(as_ids, 256, SIZES)
    step = max(BLOCK, 4 * found.overlap)
    for start in range(0, len(ids), step):
        found.read(ids[start : start + step + found.overlap], start)
    return found


def is_longest(text: bytes, sample: bytes, start: int, length: int, place: int) -> bool:
    """Whether the passage is there, and no stretch that is longer by one is."""
    there = text[place : place + length] == sample[start : start + length]
    longer = (sample[i : i + length + 1] for i in range(len(sample) - length))
    return there and not any(stretch in text for stretch in longer)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--megabytes", type=float, default=10.0)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--length", type=int, default=2000)
    parser.add_argument("--checked", type=int, default=4, help="samples that are searched naively")
    options = parser.parse_args()
    whole = library() if options.file is None else options.file.read_bytes()
    size = int(options.megabytes * 1e6)
    if len(whole) < 1.1 * size:
        whole *= int(1.1 * size / len(whole)) + 1
    text, after = whole[:size], whole[size:]
    samples = make_samples(after, text, options.samples, options.length)

    begun = time.process_time()
    found = search(text, samples)
    seconds = time.process_time() - begun
    tracemalloc.start()
    search(text, samples)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    print(f"{len(text):,} bytes, {len(samples)} samples of {options.length:,}")
    print(f"{seconds:.1f} s of one core, {peak:.0f} MiB in addition to the text")
    wrong = [
        k for k in range(options.checked) if not is_longest(text, samples[k], *_place(found, k))
    ]
    print(f"checked {options.checked}, wrong {wrong or 'none'}")
    sys.exit(bool(wrong))


def _place(found: PassageSearch, k: int) -> tuple[int, int, int]:
    one = found.longest[k]
    return one.start, one.length, one.place


if __name__ == "__main__":
    main()
