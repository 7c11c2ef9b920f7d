"""Novelty: how much of a model's samples is copied from the text that it was trained on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.studies.novelty.locate import locate
from charrnn.studies.novelty.maths import PassageSearch
from charrnn.studies.novelty.training_text import TrainingText
from charrnn.text.stored import EncodedText

SIZES = (4, 8, 16, 32)
PASSAGES = 10  # of held-out text, or more: a single one would be no yardstick
BLOCK = 2**20  # characters of the text that are searched at a time


@dataclass(frozen=True)
class Passage:
    """A passage of a sample that is also in the training part."""

    text: str
    characters: int
    start: int  # in the sample
    offset: int  # in the text, as it is read: characters before it
    path: Path
    line: int


@dataclass(frozen=True)
class Novelty:
    """The novelty of one sample. At level byte, characters are bytes."""

    characters: int
    longest: Passage | None  # None: not one of its characters is in the training part
    novel: Mapping[
        int, float | None
    ]  # by n: the share of its n-grams that are new; None: too short

    @property
    def length(self) -> int:
        """Characters of the longest passage."""
        return self.longest.characters if self.longest else 0


@dataclass(frozen=True)
class NoveltyReport:
    """The samples, and passages of the text that was held out of training, as a yardstick."""

    samples: tuple[Novelty, ...]
    held_out: tuple[Novelty, ...]  # empty where there is no such part, or too little of it
    paths: tuple[Path, ...]
    characters: int  # of the training part
    changed: bool  # the text is not the one that the model was trained on


@dataclass(frozen=True)
class NoveltySummary:
    """Several samples in three figures."""

    median: float  # characters of the longest passages
    most: int  # characters
    novel: Mapping[int, float | None]  # by n, the mean of the shares


def novelty_of(
    training: TrainingText,
    samples: Sequence[Ids | Sequence[int]],
    sizes: Sequence[int] = SIZES,
    on_progress: Callable[[int, int], None] | None = None,
) -> NoveltyReport:
    """Compare `samples`, ids of the model's vocabulary (n,) each, with the training part.

    The shares are those of n-gram novelty in McCoy et al. (2023), by places: an n-gram counts as
    often as the sample has it. `sizes` are the n. `on_progress` gets the characters
    read and their number. Raises DataError where the text is no longer there.
    """
    ours = [training.in_alphabet(np.asarray(sample, np.int64)) for sample in samples]
    lengths = [len(sample) for sample in samples]
    theirs = training.passages(lengths * -(-PASSAGES // max(1, len(lengths))))
    search = PassageSearch([*ours, *theirs], len(training.corpus.symbols), sizes)
    text, places = training.text
    for done in _read_through(search, text):
        if on_progress:
            on_progress(done, len(text))
    found = _described(training, search, [*ours, *theirs], sizes, places)
    return NoveltyReport(
        samples=found[: len(ours)],
        held_out=found[len(ours) :],
        paths=training.corpus.source.paths,
        characters=training.train.characters,
        changed=training.changed,
    )


def summary_of(several: Sequence[Novelty]) -> NoveltySummary | None:
    """The summary of samples, or of held-out passages; None where there are none."""
    if not several:
        return None
    lengths = [one.length for one in several]
    shares = {n: [one.novel[n] for one in several] for n in several[0].novel}
    known = {n: [x for x in values if x is not None] for n, values in shares.items()}
    means = {n: mean(values) if values else None for n, values in known.items()}
    return NoveltySummary(float(median(lengths)), max(lengths), means)


def _read_through(search: PassageSearch, text: EncodedText) -> Iterator[int]:
    """Let `search` read a text in blocks; gives how far it is."""
    step = max(BLOCK, 4 * search.overlap)
    for start in range(0, len(text), step):
        search.read(np.asarray(text[start : start + step + search.overlap]), start)
        yield min(start + step, len(text))


def _described(
    training: TrainingText,
    search: PassageSearch,
    samples: Sequence[Ids],
    sizes: Sequence[int],
    places: Ids | None,
) -> tuple[Novelty, ...]:
    """The novelty of every sample, with the texts and lines of the longest passages."""
    offsets = [
        one.place if places is None or not one.length else int(places[one.place])
        for one in search.longest
    ]
    lines = locate(training.corpus.source.paths, training.form, offsets)
    result = []
    for k, (sample, one) in enumerate(zip(samples, search.longest, strict=True)):
        text = training.as_text(sample[one.start : one.start + one.length])
        passage = Passage(text, one.length, one.start, offsets[k], *lines[k])
        shares = {n: _share(*search.n_grams(k, n)) for n in sizes}
        result.append(Novelty(len(sample), passage if one.length else None, shares))
    return tuple(result)


def _share(n_grams: int, seen: int) -> float | None:
    return (n_grams - seen) / n_grams if n_grams else None
