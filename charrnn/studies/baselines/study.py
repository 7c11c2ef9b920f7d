"""Baselines on the text of a run, or on any text in the vocabulary of a model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from charrnn.config import Config
from charrnn.errors import DataError
from charrnn.nn.arrays import Ids
from charrnn.runs.prepare import open_dataset
from charrnn.runs.trained import Trained
from charrnn.studies.baselines.maths import MOST, ngram_losses, uniform, xz_loss
from charrnn.text.corpus import default_cache, open_corpus
from charrnn.text.dataset import Dataset, divide
from charrnn.text.part import Part
from charrnn.text.read import TextFormat, find_files
from charrnn.text.vocab import Vocabulary

ORDER = 6
SPLIT = (0.9, 0.1, 0.0)


@dataclass(frozen=True)
class Baseline:
    """One way of predicting, and what it reaches."""

    name: str
    nats_per_char: float


def baselines_of(config: Config) -> list[Baseline]:
    """Baselines on the validation part of a config's text, learned from its training part.

    Where there is no validation part, of the test part. Raises DataError where there is neither.
    """
    return baselines_on(open_dataset(config).dataset)


def baselines_on(dataset: Dataset) -> list[Baseline]:
    """The baselines of `baselines_of`, for an open dataset."""
    held_out = dataset.val if dataset.val.targets else dataset.test
    return _all(dataset.vocabulary, dataset.train, held_out)


def baselines_in(paths: Sequence[str], form: TextFormat) -> list[Baseline]:
    """Baselines on the last tenth of a text, learned from the rest of it."""
    corpus = open_corpus(find_files(paths), form, default_cache())
    dataset = divide(corpus, SPLIT, level=form.level, min_count=1, from_train_only=False)
    return _all(dataset.vocabulary, dataset.train, dataset.val)


def baselines_for(trained: Trained, text: Part) -> list[Baseline]:
    """Baselines on any text in the vocabulary of a model, learned from its training part.

    Raises DataError where that is not there any more.
    """
    try:
        dataset = open_dataset(trained.config).dataset
    except DataError as error:
        raise DataError(f"baselines need the training text: {error.problem}") from None
    if dataset.vocabulary != trained.vocabulary:
        raise DataError(
            f"baselines need the training text, and {trained.config.data.path[0]} is another text"
            " now"
        )
    return _all(trained.vocabulary, dataset.train, text)


def _all(vocabulary: Vocabulary, train: Part, text: Part) -> list[Baseline]:
    if min(train.targets, text.targets) < 1:
        raise DataError(
            "the text is too short for baselines: they need 2 or more characters to learn from, and"
            " 2 or more, of a validation or test part, to predict"
        )
    return [*_learned(vocabulary, train.sequence(MOST), text.sequence(MOST))]


def _learned(vocabulary: Vocabulary, train: Ids, text: Ids) -> Iterator[Baseline]:
    yield Baseline("uniform", uniform(vocabulary.size))
    for n, loss in enumerate(ngram_losses(train, text, vocabulary.size, ORDER), start=1):
        yield Baseline("unigram" if n == 1 else f"order {n}", float(loss))
    known, new = vocabulary.decode_bytes(train), vocabulary.decode_bytes(text)
    yield Baseline("xz", xz_loss(known, new, len(text)))
