"""A problem: one line that says where a config is wrong, and what would be right there."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from charrnn.terminal import LONGEST, one_line, shortened

MOST = 100  # problems that are told at once


@dataclass(frozen=True)
class Place:
    """Where something was written: a position in a file, or an option of the command line."""

    source: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


NOWHERE = Place()


@dataclass(frozen=True)
class Problem:
    """What is wrong with `key` (dotted; empty for the config as a whole) at `place`."""

    place: Place
    key: str
    text: str

    def __str__(self) -> str:
        parts = (str(self.place), shortened(self.key), self.text)
        return one_line(": ".join(part for part in parts if part))


def lines(problems: Iterable[Problem]) -> list[str]:
    """The problems as lines: those of the file from top to bottom, then those of the options.

    Of very many the first.
    """

    def reading_order(problem: Problem) -> tuple[bool, int, int]:
        place = problem.place
        return place.line == 0, place.line, place.column

    told = [str(problem) for problem in sorted(problems, key=reading_order)]
    if len(told) > MOST:
        told[MOST:] = [f"and {len(told) - MOST:,} more; is this a config of charrnn?"]
    return told


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The question that ends a message about an unknown word; empty if nothing is like it."""
    if len(word) > LONGEST:  # comparing takes time, and such a word was never meant
        return ""
    spelled = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), spelled, n=1)
    return f"did you mean {spelled[close[0]]!r}?" if close else ""
