"""A corpus made ready for a model: three contiguous parts, seen through one vocabulary."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Ids
from charrnn.text.batches import Part
from charrnn.text.corpus import Corpus, split_stops
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
) -> Dataset:
    """Split `corpus`, and build the vocabulary from all of it, or from its training part alone.

    Built from the training part, it has UNK for what is new in the others. Raises DataError where
    no symbol is frequent enough.
    """
    n_train = split_stops(corpus.characters, split)[0]
    rest = corpus.counts_in(n_train, corpus.characters) if from_train_only else 0
    counts = corpus.counts - rest  # the training part may be larger than memory: count the others
    vocabulary = build_vocabulary(
        corpus.symbols, counts, level, min_count, always_unk=from_train_only
    )
    return cut(corpus, split, vocabulary)


def cut(corpus: Corpus, split: Sequence[float], vocabulary: Vocabulary) -> Dataset:
    """Split `corpus` and see it through a `vocabulary` that has every symbol of it, or UNK."""
    lookup = vocabulary.translation(corpus.symbols)
    stops = split_stops(corpus.characters, split)
    spans = list(zip([0, *stops], stops, strict=False))
    train, val, test = (Part(corpus.ids[a:b], lookup) for a, b in spans)
    in_val, in_test = (corpus.counts_in(a, b) for a, b in spans[1:])
    by_symbol = (corpus.counts - in_val - in_test, in_val, in_test)
    is_unknown = lookup == vocabulary.unk if vocabulary.has_unk else np.zeros(lookup.shape, bool)
    unknown = [int(n[is_unknown].sum()) for n in by_symbol]
    counts = np.bincount(lookup, weights=by_symbol[0], minlength=vocabulary.size)
    return Dataset(
        vocabulary, train, val, test, counts.astype(np.int64), (unknown[0], unknown[1], unknown[2])
    )
