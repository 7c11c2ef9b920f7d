"""A part of a text, as a model reads it: what a text and records have in common."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.text.batches import BatchSizes, Chunks
from charrnn.text.stored import EncodedText
from charrnn.text.tracks import Tracks

LEAD_IN = 256  # characters before an excerpt, which the model reads to know where it is


class Lines(NamedTuple):
    """The T symbols that are predicted of a part, on n lines."""

    given: int | None  # the symbol before the first one, which is not predicted; None: records
    symbols: Ids  # (T,)
    starts: Ids  # (n,) where in them each line begins
    numbers: Ids  # (n,) of the lines of the part, from 1


class Excerpts(NamedTuple):
    """W excerpts of T steps, and what has to be predicted at the end of each."""

    x: Ids  # (T, W), of which the last `steps` are the excerpt and the others lead up to it
    y: Ids  # (W,), the character after the last one
    steps: int

    def some(self, first: int, stop: int) -> "Excerpts":
        """The excerpts first .. stop."""
        return Excerpts(self.x[:, first:stop], self.y[first:stop], self.steps)


class Part(Protocol):
    """Training, validation or test part of a text, or all of it."""

    @property
    def unit(self) -> str:
        """The unit of its size: "characters" or "records"."""

    @property
    def size(self) -> int:
        """Number of units."""

    @property
    def characters(self) -> int:
        """Characters that are read; every record has one more, its end."""

    @property
    def targets(self) -> int:
        """Characters that are predicted: of a text all but the first, of records all."""

    def through(self, lookup: Ids) -> "Part":
        """The same part with another table (A,) from its own alphabet to ids."""

    def split(self, shares: Sequence[float], seed: int) -> "tuple[Part, Part, Part]":
        """Train, validation and test. Records are shuffled, in an order that belongs to `seed`."""

    def streams(self, *, exact: bool = False, every: bool = False) -> list[Tracks]:
        """The whole part as groups of tracks. Places are 0 .. targets.

        With `exact` nothing is cut, so a text is one track. With `every` the last character of a
        text is read too, although nothing follows it; places are then 0 .. characters.
        """

    def batches(self, sizes: BatchSizes) -> Chunks:
        """Chunks for training, of the sizes asked for or the nearest that it has room for."""

    def sequence(self, most: int) -> Ids:
        """Ids of its last `most` characters; of records the first, with their ends."""

    def first(self, most: int) -> "Part":
        """Its first `most` characters; of records as many whole ones as fit, or 1."""

    def cut_after(self, most: int) -> "Part":
        """Its first `most` characters, be it in the middle of a record."""

    def excerpts(self, steps: int, most: int) -> Excerpts:
        """At most `most` excerpts of `steps` steps, or of as many as the part (with targets) has.

        Of a text each is led up to by the characters before it, as many as there are for all. Of
        records each is the first steps of one, and at least half of the records have so many.
        """

    def lines(self, alphabet: Ids) -> Lines:
        """What is predicted of a part with targets, as symbols of the `alphabet` (A,) of its text.

        Of records every one is a line, whatever separates them.
        """

    def content(self) -> tuple[EncodedText, Ids | None]:
        """Its codes (n,), and their positions (n,) in the text; None: 0 .. n."""

    def passages(self, lengths: Sequence[int]) -> list[Ids]:
        """Codes of passages of these lengths, spread evenly; as many as do not overlap.

        Of records the first ones, as many as there are lengths, with their ends.
        """

    def counts(self) -> Ids:
        """How often each symbol of its alphabet is read (A,)."""

    def counts_of_all(self, counts: Ids) -> Ids:
        """As `counts` of a part that is a whole text, whose symbols have been counted (A,)."""


def spread(n: int, most: int) -> Ids:
    """Numbers below n, at most `most` of them, at equal distances."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
