"""The exceptions of charrnn and their exit codes.

    CharrnnError                     1  base class; raised itself only for a bug
    |-- UsageError                   2  wrong use, bad option
    |   `-- ConfigError              2  all problems of a config file
    |-- DataError                    3  text, vocabulary or prime
    |-- WorkerLostError              1  a worker process has ended
    |-- CheckpointError              4  bad or unreadable checkpoint
    `-- DivergedError                5  NaN or infinite loss

A message says what is wrong, where, what was expected, and what to do next. The remedy, its second
half, has names of Python parameters in backquotes, as in "or insist with `force`"; the command line
replaces them with its own options.
"""

import re
from collections.abc import Mapping

PARAMETER = re.compile(r"`([a-z_.]+)`")


class CharrnnError(Exception):
    """The base class of all errors that charrnn raises on purpose."""

    exit_code = 1

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(_sentence(problem, remedy))
        self.problem, self.remedy = problem, remedy

    def lines(self, options: Mapping[str, str] | None = None) -> list[str]:
        """The message, one line per problem; `options` maps parameters to command-line options."""
        names = options or {}
        remedy = PARAMETER.sub(lambda match: names.get(match[1], match[1]), self.remedy)
        return [_sentence(self.problem, remedy)]


class WorkerLostError(CharrnnError):
    """Another process of a run has ended unexpectedly."""


class UsageError(CharrnnError):
    """The request cannot be fulfilled, for example because of a bad option."""

    exit_code = 2


class ConfigError(UsageError):
    """A config has problems: `problems` has one line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    def lines(self, options: Mapping[str, str] | None = None) -> list[str]:
        return self.problems


class DataError(CharrnnError):
    """A text, a vocabulary or a prime cannot be used."""

    exit_code = 3


class CheckpointError(CharrnnError):
    """A checkpoint is missing, damaged or of an unexpected kind."""

    exit_code = 4


class DivergedError(CharrnnError):
    """The loss or a gradient is NaN or infinite."""

    exit_code = 5


def _sentence(problem: str, remedy: str) -> str:
    return f"{problem}; {remedy}" if remedy else problem
