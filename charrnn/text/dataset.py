"""The data set of a run: training, validation and test part of a corpus, and the vocabulary."""

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
    """The training, validation and test part of a text, and their common vocabulary."""

    vocabulary: Vocabulary
    train: Part
    val: Part
    test: Part
    counts: Ids  # (V,), number of occurrences of each symbol in the training part
    unknown: tuple[int, int, int]  # number of characters in each part that are UNK

    @property
    def unigram_loss(self) -> float:
        """Entropy of the symbol frequencies in the training part, in nats per character."""
        positive = self.counts[self.counts > 0]
        p = positive / positive.sum()
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
    """Split `corpus`, and build the vocabulary from all of it or from its training part alone.

    A vocabulary of the training part has UNK for new symbols in the other parts. With a `separator`
    symbol the parts consist of records, shuffled by `seed`. A given `vocabulary` is used as it is.
    Raises DataError if no symbol is frequent enough, if the separator is not in the text, or if the
    vocabulary lacks a symbol of the text.
    """
    text = part_of(corpus, np.arange(len(corpus.symbols)), separator)
    parts = text.split(split, seed)
    # The training part may be larger than memory, so only the other parts are counted.
    others = [part.counts() for part in parts[1:]]
    counts = [text.counts_of_all(corpus.counts) - sum(others), *others]
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
            f"data.records: {chr(separator)!r} is rarer than data.min_count, so it would be unknown"
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
    """The parts of `divide`, but with codes of the text's own alphabet as ids.

    Raises DataError if the separator is not in the text.
    """
    return part_of(corpus, np.arange(len(corpus.symbols)), separator).split(split, seed)


def part_of(corpus: Corpus, lookup: Ids, separator: int | None) -> Part:
    """A whole text as one part, of records if there is a `separator`.

    `lookup` (A,) maps codes of the text to ids. Raises DataError if the separator is not in the
    text.
    """
    if separator is None:
        return TextPart(corpus.codes, lookup)
    return RecordPart(corpus.codes, lookup, _records_of(corpus, separator))


def lookup_of(corpus: Corpus, vocabulary: Vocabulary) -> Ids:
    """The id in a vocabulary of each symbol of a text's alphabet (A,).

    Raises DataError with the symbols that the vocabulary lacks.
    """
    lookup = vocabulary.translation(corpus.symbols)
    unknown = corpus.symbols[lookup < 0].tolist()
    if unknown:
        raise DataError(
            f"{', '.join(map(str, corpus.source.paths))}: the model does not know {len(unknown)} of"
            f" its characters: {' '.join(display(s, vocabulary.level) for s in unknown[:10])}"
            f"{' ...' if len(unknown) > 10 else ''}"
        )
    return lookup


def _records_of(corpus: Corpus, separator: int) -> Records:
    """The records of a text by their separator. Raises DataError if it is not in the text."""
    code = int(np.searchsorted(corpus.symbols, separator))
    if code == len(corpus.symbols) or corpus.symbols[code] != separator:
        raise DataError(f"data.records: the separator {chr(separator)!r} is not in the text")
    return find_records(corpus.codes, code)
