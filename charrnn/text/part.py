"""The interface of a part of a corpus, for plain text and for records."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.text.batches import BatchSizes, Chunks
from charrnn.text.stored import EncodedText
from charrnn.text.tracks import Tracks

LEAD_IN = 256  # characters that the model reads before an excerpt, for context


class Lines(NamedTuple):
    """The T predicted symbols of a part, on n lines."""

    given: int | None  # the symbol before the first, which is not predicted; None for records
    symbols: Ids  # (T,)
    starts: Ids  # (n,) index of the first symbol of each line
    numbers: Ids  # (n,) line numbers in the part, from 1


class Excerpts(NamedTuple):
    """W excerpts with their lead-in, T steps together, and the target at the end of each."""

    x: Ids  # (T, W); the last `steps` rows are the excerpt, the others its lead-in
    y: Ids  # (W,), the character after the excerpt
    steps: int

    def some(self, first: int, stop: int) -> "Excerpts":
        """The excerpts first .. stop."""
        return Excerpts(self.x[:, first:stop], self.y[first:stop], self.steps)


class Part(Protocol):
    """The training, validation or test part of a text, or a whole text."""

    @property
    def unit(self) -> str:
        """The unit of `size`: "characters" or "records"."""

    @property
    def size(self) -> int:
        """Number of characters or records."""

    @property
    def characters(self) -> int:
        """Number of characters to read; the end of a record counts as one."""

    @property
    def targets(self) -> int:
        """Number of predicted characters: all but the first of a text, all of records."""

    def through(self, lookup: Ids) -> "Part":
        """The same part with another mapping (A,) from its alphabet to ids."""

    def split(self, shares: Sequence[float], seed: int) -> "tuple[Part, Part, Part]":
        """The training, validation and test part. Records are shuffled by `seed`."""

    def streams(self, *, exact: bool = False, every: bool = False) -> list[Tracks]:
        """The whole part in groups of tracks, with places 0 .. targets.

        With `exact`, a text is not cut: it is one track. With `every`, the last character of a text
        is read too, although it has no target; places are then 0 .. characters.
        """

    def batches(self, sizes: BatchSizes) -> Chunks:
        """Training chunks of the requested sizes, reduced if the part is too small for them."""

    def sequence(self, most: int) -> Ids:
        """Ids of the last `most` characters of a text, or of the first records with their ends."""

    def first(self, most: int) -> "Part":
        """The first `most` characters of a text, or the records within them, at least one."""

    def cut_after(self, most: int) -> "Part":
        """The first `most` characters, which may end in the middle of a record."""

    def excerpts(self, steps: int, most: int) -> Excerpts:
        """At most `most` excerpts of `steps` steps, or fewer steps in a small part with targets.

        An excerpt of a text has a lead-in, of equal length for all. An excerpt of records is the
        beginning of a record; `steps` is reduced until half of the records are long enough.
        """

    def lines(self, alphabet: Ids) -> Lines:
        """The predicted symbols, by the `alphabet` (A,) of the text; the part must have targets.

        Every record is a line, whatever the separator.
        """

    def content(self) -> tuple[EncodedText, Ids | None]:
        """The codes (n,), and their positions (n,) in the text; None means 0 .. n."""

    def passages(self, lengths: Sequence[int]) -> list[Ids]:
        """Codes of evenly spaced passages of these lengths, as many as fit without overlap.

        In a part of records: the first records with their ends, one per length.
        """

    def counts(self) -> Ids:
        """Number of times that each symbol of the alphabet is read (A,)."""

    def counts_of_all(self, counts: Ids) -> Ids:
        """The result of `counts` for a whole text, computed from the counts (A,) of its corpus."""


def spread(n: int, most: int) -> Ids:
    """At most `most` evenly spaced integers from 0 to n - 1."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
