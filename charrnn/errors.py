"""What can go wrong, and the exit code that says so.

    CharrnnError                     1  our own fault: a bug
    |-- UsageError                   2  wrong use, bad option
    |   `-- ConfigError              2  every problem of a config file, at once
    |-- DataError                    3  text, vocabulary or prime
    |-- WorkerLostError              1  a process of the run is gone
    |-- CheckpointError              4  bad or unreadable checkpoint
    `-- DivergedError                5  NaN or infinite loss

A message is written for the person who reads it: what is wrong, where, what was expected,
what to do next. The remedy, its second half, names parameters as Python knows them, in
backquotes, as in "or insist with `force`"; the command line puts its own options there.
"""

import re
from collections.abc import Mapping

PARAMETER = re.compile(r"`([a-z_.]+)`")


class CharrnnError(Exception):
    """The root of every error that charrnn raises on purpose."""

    exit_code = 1

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(_sentence(problem, remedy))
        self.problem, self.remedy = problem, remedy

    def lines(self, options: Mapping[str, str] | None = None) -> list[str]:
        """The message, one line per problem; `options` maps parameters to what a user types."""
        names = options or {}
        remedy = PARAMETER.sub(lambda match: names.get(match[1], match[1]), self.remedy)
        return [_sentence(self.problem, remedy)]


class WorkerLostError(CharrnnError):
    """Another process of a run is gone, and what it knew with it."""


class UsageError(CharrnnError):
    """The program was asked for something it cannot do."""

    exit_code = 2


class ConfigError(UsageError):
    """A config has problems: `problems` holds one line for each of them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    def lines(self, options: Mapping[str, str] | None = None) -> list[str]:
        return self.problems


class DataError(CharrnnError):
    """A text, a vocabulary or a prime cannot be used as it is."""

    exit_code = 3


class CheckpointError(CharrnnError):
    """A checkpoint is missing, damaged, or of another kind than expected."""

    exit_code = 4


class DivergedError(CharrnnError):
    """The loss or a gradient is NaN or infinite."""

    exit_code = 5


def _sentence(problem: str, remedy: str) -> str:
    return f"{problem}; {remedy}" if remedy else problem
