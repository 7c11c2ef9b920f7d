"""From a place in a text of one file or several to the file and the line."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from charrnn.text.read import TextFormat, read_symbols
from charrnn.text.symbols import NEWLINE


class FileLine(NamedTuple):
    """A line of a file; the first one is 1."""

    path: Path
    number: int


def locate(paths: Sequence[Path], form: TextFormat, places: Sequence[int]) -> list[FileLine]:
    """The line of each place, a number of symbols from the start of the files' text.

    The files are read again up to the last of the places. Where normalisation joins the end of a
    file with the start of the next, places in the files after it may be off by that. Raises
    DataError where a file cannot be read any more.
    """
    wanted = sorted(set(places))
    found: dict[int, FileLine] = {}
    read = 0
    for path in paths:
        lines = 1
        for block in read_symbols([path], form) if wanted else ():
            ends = np.flatnonzero(block == NEWLINE)
            while wanted and wanted[0] < read + len(block):
                before = int(np.searchsorted(ends, wanted[0] - read))
                found[wanted.pop(0)] = FileLine(path, lines + before)
            read, lines = read + len(block), lines + len(ends)
        last = FileLine(path, lines)
    return [found.get(place, last) for place in places]
