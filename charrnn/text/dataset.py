"""A corpus made ready for a model: three contiguous parts, seen through one vocabulary."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charrnn.errors import DataError
from charrnn.nn.arrays import Ids
from charrnn.text.corpus import Corpus, split_stops
from charrnn.text.part import Part, Records
from charrnn.text.records import find_records, shuffled
from charrnn.text.vocab import Vocabulary, build_vocabulary, display, tally_


@dataclass(frozen=True)
class Dataset:
    """Train, validation and test in the order of the text, and the vocabulary of all three."""

    vocabulary: Vocabulary
    train: Part
    val: Part
    test: Part
    counts: Ids  # (V,), how often the training part has each symbol
    unknown: tuple[int, int, int]  # characters of each part that are UNK

    @property
    def unigram_loss(self) -> float:
        """Nats per character of knowing the frequencies in the training part, and no more."""
        seen = self.counts[self.counts > 0]
        p = seen / seen.sum()
        return float(-(p * np.log(p)).sum())


def divide(
    corpus: Corpus,
    split: Sequence[float],
    *,
    level: str,
    min_count: int,
    from_train_only: bool,
    separator: int | None = None,
    seed: int = 0,
    vocabulary: Vocabulary | None = None,
) -> Dataset:
    """Split `corpus`, and build the vocabulary from all of it, or from its training part alone.

    Built from the training part, it has UNK for what is new in the others. With a `separator`, a
    symbol, the parts are of records, in an order that belongs to the seed. A `vocabulary` that is
    given is taken. Raises DataError where no symbol is frequent enough, the separator is not in the
    text, or the vocabulary does not know a symbol.
    """
    shares = _shares(corpus, split, separator, seed)
    counts = _counts(corpus, shares)
    vocabulary = vocabulary or build_vocabulary(
        corpus.symbols,
        counts[0] if from_train_only else corpus.counts,
        level,
        min_count,
        always_unk=from_train_only,
    )
    lookup = lookup_of(corpus, vocabulary)
    if separator is not None and lookup[shares[0].separator] == vocabulary.unk:
        raise DataError(
            f"data.records: {chr(separator)!r} is rarer than data.min_count, and would be unknown"
        )
    train, val, test = (
        Part(corpus.ids[share.start : share.stop], lookup, share.records) for share in shares
    )
    is_unknown = lookup == vocabulary.unk if vocabulary.has_unk else np.zeros(lookup.shape, bool)
    unknown = [int(n[is_unknown].sum()) for n in counts]
    in_train = np.bincount(lookup, weights=counts[0], minlength=vocabulary.size)
    return Dataset(
        *(vocabulary, train, val, test, in_train.astype(np.int64)),
        unknown=(unknown[0], unknown[1], unknown[2]),
    )


def own_parts(
    corpus: Corpus, split: Sequence[float], *, separator: int | None = None, seed: int = 0
) -> tuple[Part, Part, Part]:
    """Train, validation and test as `divide` has them, in the text's own alphabet.

    Raises DataError where the separator is not in the text.
    """
    same = np.arange(len(corpus.symbols))
    shares = _shares(corpus, split, separator, seed)
    train, val, test = (Part(corpus.ids[s.start : s.stop], same, s.records) for s in shares)
    return train, val, test


def lookup_of(corpus: Corpus, vocabulary: Vocabulary) -> Ids:
    """From the alphabet of a text to the ids of a vocabulary (A,).

    Raises DataError naming the symbols that it does not know.
    """
    lookup = vocabulary.translation(corpus.symbols)
    unknown = corpus.symbols[lookup < 0].tolist()
    if unknown:
        raise DataError(
            f"{', '.join(map(str, corpus.source.paths))}: the model does not know {len(unknown)} of"
            f" the characters: {' '.join(display(s, vocabulary.level) for s in unknown[:10])}"
        )
    return lookup


def records_of(corpus: Corpus, separator: int) -> Records:
    """The records of a text, by the symbol that ends them. Raises DataError if it has no such."""
    place = int(np.searchsorted(corpus.symbols, separator))
    if place == len(corpus.symbols) or corpus.symbols[place] != separator:
        raise DataError(
            f"{chr(separator)!r}, which ends a record (data.records), is not in the text"
        )
    return find_records(corpus.ids, place)


class _Share(NamedTuple):
    """Where a part stands in the text, and which records it has there, if it has records."""

    start: int
    stop: int
    records: Records | None = None

    @property
    def separator(self) -> int:
        """Its place in the text's alphabet."""
        assert self.records is not None
        return self.records.separator


def _shares(
    corpus: Corpus, split: Sequence[float], separator: int | None, seed: int
) -> list[_Share]:
    if separator is None:
        stops = split_stops(corpus.characters, split)
        return [_Share(a, b) for a, b in zip([0, *stops], stops, strict=False)]
    records = records_of(corpus, separator)
    order = shuffled(len(records.starts), seed)
    stops = split_stops(len(order), split)
    return [
        _Share(0, corpus.characters, records.chosen(order[a:b]))
        for a, b in zip([0, *stops], stops, strict=False)
    ]


def _counts(corpus: Corpus, shares: Sequence[_Share]) -> list[Ids]:
    """How often each part has each symbol of the alphabet.

    The training part may be larger than memory: the others are counted.
    """
    others = [_count(corpus, share) for share in shares[1:]]
    train = corpus.counts - sum(others)
    if shares[0].records is not None:
        train[shares[0].records.separator] = len(shares[0].records.lengths)
    return [train, *others]


def _count(corpus: Corpus, share: _Share) -> Ids:
    if share.records is None:
        return corpus.counts_in(share.start, share.stop)
    counts = np.zeros(len(corpus.symbols), np.int64)
    for start, length in zip(share.records.starts, share.records.lengths, strict=True):
        tally_(counts, corpus.ids[start : start + length])
    counts[share.records.separator] += len(share.records.lengths)
    return counts
