"""Randomness: one seed, many named streams.

A stream is a pure function of the seed, its name and its indices (a step, a layer, ...): to
know a run's randomness at step 1000 nobody has to draw the numbers of the 999 before. So
there is no generator state to carry, to save or to lose, resuming is exact by construction,
and a new consumer of randomness never disturbs an old one.
"""

import hashlib

import numpy as np


def stream(seed: int, name: str, *indices: int) -> np.random.Generator:
    """The generator that belongs to `seed`, `name` and `indices` (non-negative integers).

    The name enters by its digest, which, unlike Python's hash(), is the same in every process.
    """
    digest = hashlib.sha256(name.encode("utf-8")).digest()
    name_words = np.frombuffer(digest[:16], dtype="<u4").tolist()
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(*name_words, *indices))
    return np.random.Generator(np.random.PCG64(sequence))
