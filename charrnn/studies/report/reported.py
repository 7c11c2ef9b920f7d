"""The part of a study in a report: how it examines a run, and its section of the page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from charrnn.runs.trained import Trained
from charrnn.text.corpus import Corpus
from charrnn.text.dataset import Dataset
from charrnn.text.part import Part

QUALITY = "How good it is"  # the heading above the losses of the run


@dataclass(frozen=True, eq=False)
class Subject:
    """The best weights of a run and its text: what every study of a report looks at."""

    trained: Trained
    corpus: Corpus
    dataset: Dataset
    judged: str  # the name of the held-out part
    part: Part  # its first characters, as many as a report reads


class Judged(NamedTuple):
    """The held-out part in words and numbers, for the sections of a page."""

    part: str  # its name
    characters: int
    loss: float | None  # nats/char of the best weights, if the record of the run has it


@dataclass(frozen=True)
class Reported:
    """One study of a report.

    `look` returns its result, or raises CharrnnError, which the report shows in its place.
    `section` makes the HTML of the result that follows `heading`. Under QUALITY it follows the
    losses of the run.
    """

    heading: str
    look: Callable[[Subject], Any]
    section: Callable[[Any, Judged], Iterator[str]]
