"""Bytes that ought to be UTF-8 as characters, without losing which bytes each one has."""

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.text.read import code_points
from charrnn.text.vocab import REPLACEMENT

ESCAPES = range(0xDC80, 0xDD00)  # what bytes become that are no UTF-8; UTF-8 has none of them
REPLACED = dict.fromkeys(ESCAPES, REPLACEMENT)


def characters_of(raw: bytes) -> tuple[str, Ids]:
    """The n characters of `raw`, and how many bytes each has (n,).

    Of what is no UTF-8 every byte is a U+FFFD.
    """
    text = raw.decode("utf-8", "surrogateescape")
    codes = code_points(text)
    sizes = 1 + np.sum([codes >= end for end in (0x80, 0x800, 0x10000)], axis=0)
    sizes[(codes >= ESCAPES.start) & (codes < ESCAPES.stop)] = 1
    return text.translate(REPLACED), sizes
