"""Randomness: one seed, many named streams.

A stream is a pure function of the seed, its name and its indices (a step, a layer, ...): the random
numbers of step 1000 do not depend on those of the 999 steps before. So there is no generator state
to save, resuming is exact by construction, and a new use of randomness never disturbs an old one.
"""

import hashlib

import numpy as np

from charrnn.nn.arrays import Floats


def stream(seed: int, name: str, *indices: int) -> np.random.Generator:
    """The generator that belongs to `seed`, `name` and `indices` (non-negative integers).

    The name enters by its digest, which, unlike Python's hash(), is the same in every process.
    """
    digest = hashlib.sha256(name.encode("utf-8")).digest()
    name_words = np.frombuffer(digest[:16], dtype="<u4").tolist()
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(*name_words, *indices))
    return np.random.Generator(np.random.PCG64(sequence))


def uniforms_(
    out: Floats,
    seed: int,
    name: str,
    *indices: int,
    first: int,
    skip: int = 0,
    width: int | None = None,
) -> None:
    """Fill `out` (R, K) with numbers of [0, 1): a window of a table.

    Its rows are first, first + 1, ..., its columns skip, skip + 1, ... of `width`, by default K.
    The table has no end and belongs to the seed, the name and the indices, so workers that draw
    their own rows have the numbers that one process alone would draw.
    """
    generator = stream(seed, name, *indices)
    bits: np.random.PCG64 = generator.bit_generator  # type: ignore[assignment]
    dtype, size = out.dtype.type, out.itemsize
    words = -(-(width or out.shape[1]) * size // 8)  # of 64 bits, in a row of the table
    bits.advance(first * words)
    if out.shape[1] * size == 8 * words:
        generator.random(dtype=dtype, out=out)
        return
    before, odd = divmod(skip * size, 8)
    for row in out:
        bits.advance(before)  # which forgets the half of a word that an odd row left over
        if odd:
            generator.random(dtype=dtype)
        generator.random(dtype=dtype, out=row)
        drawn = before + -(-(odd + len(row) * size) // 8)
        bits.advance(words - drawn)
