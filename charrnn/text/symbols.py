"""From symbols, code points or bytes, to the text that they spell."""

import numpy as np

from charrnn.nn.arrays import Ids

NEWLINE = ord("\n")


def spelled(symbols: Ids, level: str) -> str:
    """The text of symbols (n,) of a level; bytes that are no UTF-8 are U+FFFD."""
    if level == "byte":
        return symbols.astype(np.uint8).tobytes().decode("utf-8", "replace")
    return symbols.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
