"""Problems of a config: the place, the key and the message of each, one line per problem."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from charrnn.terminal import LONGEST, one_line, shortened

MOST_LINES = 100  # further problems are only counted


@dataclass(frozen=True)
class Place:
    """The origin of a value: a position in a file, or an override."""

    source: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


NOWHERE = Place()


@dataclass(frozen=True)
class Problem:
    """An error at `place` in the dotted `key`; an empty key means the config as a whole."""

    place: Place
    key: str
    text: str

    def __str__(self) -> str:
        parts = (str(self.place), shortened(self.key), self.text)
        return one_line(": ".join(part for part in parts if part))


def lines(problems: Iterable[Problem]) -> list[str]:
    """One line per problem, at most MOST_LINES: the file from top to bottom, then the overrides."""

    def reading_order(problem: Problem) -> tuple[bool, int, int]:
        place = problem.place
        return place.line == 0, place.line, place.column

    messages = [str(problem) for problem in sorted(problems, key=reading_order)]
    if len(messages) > MOST_LINES:
        rest = len(messages) - MOST_LINES
        messages[MOST_LINES:] = [f"and {rest:,} more; is this a config of charrnn?"]
    return messages


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The suggestion at the end of a message about an unknown word; empty if no word is similar."""
    if len(word) > LONGEST:  # comparison would be slow, and such a word is no typo
        return ""
    spelled = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), spelled, n=1)
    return f"did you mean {spelled[close[0]]!r}?" if close else ""
