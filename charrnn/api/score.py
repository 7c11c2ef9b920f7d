"""Scoring: how well a model predicts a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log

from charrnn import build, kernels
from charrnn.api.trained import Trained
from charrnn.errors import DataError
from charrnn.text.batches import Part
from charrnn.text.corpus import default_cache, open_corpus
from charrnn.text.read import find_files
from charrnn.text.vocab import display
from charrnn.training.evaluate import evaluate


@dataclass(frozen=True)
class Score:
    """The loss of a text. Its first character is given, all others are predicted."""

    characters: int  # that were predicted
    nats_per_char: float

    @property
    def bits_per_char(self) -> float:
        return self.nats_per_char / log(2)

    @property
    def perplexity(self) -> float:
        """Among how many equally likely characters the model is as good as lost."""
        return exp(self.nats_per_char) if self.nats_per_char < 700 else inf


def score(trained: Trained, paths: Sequence[str]) -> Score:
    """Read the texts as the model's own text was read, and predict them.

    Raises DataError for a text too short, or with characters that the model has no id for.
    """
    corpus = open_corpus(find_files(paths), build.text_format(trained.config), default_cache())
    lookup = trained.vocabulary.translation(corpus.symbols)
    unknown = [int(s) for s, k in zip(corpus.symbols, lookup, strict=True) if k < 0]
    if unknown:
        raise DataError(
            f"{', '.join(paths)}: the model does not know {len(unknown)} of the characters:"
            f" {' '.join(display(s, trained.vocabulary.level) for s in unknown[:10])}"
        )
    if corpus.characters < 2:
        raise DataError(f"{', '.join(paths)}: one character is too short; a score needs 2 or more")
    part = Part(corpus.ids, lookup)
    return Score(
        corpus.characters - 1, evaluate(trained.model, trained.params, part, kernels.choose())
    )
