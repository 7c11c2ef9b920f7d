"""Randomness: one seed, many named streams.

A stream is a pure function of the seed, its name and its indices (a step, a layer, ...): to
know a run's randomness at step 1000 nobody has to draw the numbers of the 999 before. So
there is no generator state to carry, to save or to lose, resuming is exact by construction,
and a new consumer of randomness never disturbs an old one.
"""

import hashlib

import numpy as np

from charrnn.arrays import Floats


def stream(seed: int, name: str, *indices: int) -> np.random.Generator:
    """The generator that belongs to `seed`, `name` and `indices` (non-negative integers).

    The name enters by its digest, which, unlike Python's hash(), is the same in every process.
    """
    digest = hashlib.sha256(name.encode("utf-8")).digest()
    name_words = np.frombuffer(digest[:16], dtype="<u4").tolist()
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(*name_words, *indices))
    return np.random.Generator(np.random.PCG64(sequence))


def uniforms_(out: Floats, seed: int, name: str, *indices: int, first: int) -> None:
    """Fill the rows of `out` (R, K) with numbers of [0, 1): rows first, first + 1, ... of a table.

    The table, endless, belongs to the seed, the name and the indices. Whoever shares the rows out
    among many gets, row by row, what one alone would have drawn.
    """
    generator = stream(seed, name, *indices)
    bits: np.random.PCG64 = generator.bit_generator  # type: ignore[assignment]
    words, odd = divmod(out.shape[1] * out.itemsize, 8)
    bits.advance(first * (words + bool(odd)))
    if not odd:
        generator.random(dtype=out.dtype.type, out=out)
        return
    for row in out:
        generator.random(dtype=out.dtype.type, out=row)
        bits.advance(0)  # the half of the last word that is left over belongs to nobody
