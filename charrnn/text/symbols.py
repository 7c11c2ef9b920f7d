"""Symbols (code points or bytes): their text, and a readable form of each."""

import unicodedata

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.terminal import one_line

NEWLINE = ord("\n")
LAYOUT = {ord("\n"): "\u21b5\n", ord("\t"): "\u2192\t"}  # arrows make them visible


def spelled(symbols: Ids, level: str) -> str:
    """The text of symbols (n,) at a level; invalid UTF-8 becomes U+FFFD."""
    if level == "byte":
        return symbols.astype(np.uint8).tobytes().decode("utf-8", "replace")
    return symbols.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def display(symbol: int, level: str = "char") -> str:
    """A symbol in a form readable on any terminal: 'a', U+200B ZERO WIDTH SPACE, 0x80."""
    c = chr(symbol)
    if level == "byte" and symbol > 126:
        return f"0x{symbol:02x}"
    if symbol < 128 or (c.isprintable() and not unicodedata.combining(c)):
        return repr(c)
    return f"U+{symbol:04X} {unicodedata.name(c, 'without a name')}"


def visible(symbol: int, level: str = "char") -> str:
    r"""A symbol in a running text: unchanged if it is visible, else an escape such as \x1b.

    An arrow is added before a newline or a tab.
    """
    if symbol in LAYOUT:
        return LAYOUT[symbol]
    if level == "byte" and symbol > 126:
        return f"\\x{symbol:02x}"
    return one_line(chr(symbol))
