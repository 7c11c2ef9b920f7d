"""A corpus made ready for a model: three contiguous parts, seen through one vocabulary."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.errors import DataError
from charrnn.nn.arrays import Ids
from charrnn.text.corpus import Corpus
from charrnn.text.part import Part
from charrnn.text.record_part import RecordPart
from charrnn.text.records import Records, find_records
from charrnn.text.symbols import display
from charrnn.text.text_part import TextPart
from charrnn.text.vocab import Vocabulary, build_vocabulary


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
    whole = part_of(corpus, np.arange(len(corpus.symbols)), separator)
    parts = whole.split(split, seed)
    # The training part may be larger than memory: the others are counted.
    others = [part.counts() for part in parts[1:]]
    counts = [whole.counts_of_all(corpus.counts) - sum(others), *others]
    vocabulary = vocabulary or build_vocabulary(
        corpus.symbols,
        counts[0] if from_train_only else corpus.counts,
        level,
        min_count,
        always_unk=from_train_only,
    )
    lookup = lookup_of(corpus, vocabulary)
    if separator is not None and vocabulary.is_unknown(separator):
        raise DataError(
            f"data.records: {chr(separator)!r} is rarer than data.min_count, and would be unknown"
        )
    train, val, test = (part.through(lookup) for part in parts)
    is_unknown = lookup == vocabulary.unk if vocabulary.has_unk else np.zeros(lookup.shape, bool)
    unknown = [int(n[is_unknown].sum()) for n in counts]
    in_train = np.bincount(lookup, weights=counts[0], minlength=vocabulary.size)
    return Dataset(
        vocabulary,
        train,
        val,
        test,
        counts=in_train.astype(np.int64),
        unknown=(unknown[0], unknown[1], unknown[2]),
    )


def own_parts(
    corpus: Corpus, split: Sequence[float], *, separator: int | None = None, seed: int = 0
) -> tuple[Part, Part, Part]:
    """Train, validation and test as `divide` has them, in the text's own alphabet.

    Raises DataError where the separator is not in the text.
    """
    return part_of(corpus, np.arange(len(corpus.symbols)), separator).split(split, seed)


def part_of(corpus: Corpus, lookup: Ids, separator: int | None) -> Part:
    """All of a text: of records, if a symbol separates them.

    `lookup` (A,) leads from the alphabet of the text to ids. Raises DataError where the separator
    is not in the text.
    """
    if separator is None:
        return TextPart(corpus.codes, lookup)
    return RecordPart(corpus.codes, lookup, _records_of(corpus, separator))


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


def _records_of(corpus: Corpus, separator: int) -> Records:
    """The records of a text, by the symbol that ends them. Raises DataError if it has no such."""
    place = int(np.searchsorted(corpus.symbols, separator))
    if place == len(corpus.symbols) or corpus.symbols[place] != separator:
        raise DataError(
            f"{chr(separator)!r}, which ends a record (data.records), is not in the text"
        )
    return find_records(corpus.codes, place)
