"""Symbols, code points or bytes: the text that they spell, and a readable form of each."""

import unicodedata

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.terminal import one_line

NEWLINE = ord("\n")
LAYOUT = {ord("\n"): "\u21b5\n", ord("\t"): "\u2192\t"}  # an arrow shows what else would be blank


def spelled(symbols: Ids, level: str) -> str:
    """The text of symbols (n,) of a level; bytes that are no UTF-8 are U+FFFD."""
    if level == "byte":
        return symbols.astype(np.uint8).tobytes().decode("utf-8", "replace")
    return symbols.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def display(symbol: int, level: str = "char") -> str:
    """A symbol as people can read it on any terminal: 'a', U+200B ZERO WIDTH SPACE, 0x80."""
    c = chr(symbol)
    if level == "byte" and symbol > 126:
        return f"0x{symbol:02x}"
    if symbol < 128 or (c.isprintable() and not unicodedata.combining(c)):
        return repr(c)
    return f"U+{symbol:04X} {unicodedata.name(c, 'without a name')}"


def visible(symbol: int, level: str = "char") -> str:
    r"""A symbol where it stands in a text: as it is if that can be seen, else \x1b, or the like.

    A newline and a tab have a sign before them.
    """
    if symbol in LAYOUT:
        return LAYOUT[symbol]
    if level == "byte" and symbol > 126:
        return f"\\x{symbol:02x}"
    return one_line(chr(symbol))
