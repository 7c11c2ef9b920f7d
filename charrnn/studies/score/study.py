"""Scoring: how well a model predicts a text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, inf, isfinite, log

from charrnn.config import build
from charrnn.errors import DataError, UsageError
from charrnn.nn import kernels
from charrnn.runs.trained import Trained
from charrnn.storage.checkpoint import refusal
from charrnn.text.corpus import Corpus, default_cache, open_corpus
from charrnn.text.dataset import lookup_of, part_of
from charrnn.text.part import Part
from charrnn.text.read import find_files
from charrnn.training.dynamic import Adaptation, DynamicEvaluation
from charrnn.training.evaluate import Evaluation


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
        """exp(loss): a uniform guess among this many characters has the same loss."""
        return exp(self.nats_per_char) if self.nats_per_char < 700 else inf


def score(
    trained: Trained,
    paths: Sequence[str],
    *,
    adaptation: Adaptation | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Score:
    """Read the texts as the model's own text was read, and predict them.

    With an `adaptation` the model learns from what it has predicted while it reads on (dynamic
    evaluation); its weights are the same afterwards. `on_progress` receives how many characters are
    done, of how many. Raises DataError for a text too short, or with characters that the model has
    no id for, UsageError for an adaptation that diverges, or of a model of records, and
    CheckpointError where the weights predict nothing.
    """
    part = open_part(trained, paths)
    if adaptation is not None and not (isfinite(adaptation.rate) and isfinite(adaptation.decay)):
        raise UsageError("the rate and the decay of dynamic evaluation must be finite")
    if adaptation is not None and trained.config.data.records is not None:
        raise UsageError("dynamic evaluation reads one continuous text, this model reads records")
    model, p, kernel_set = trained.model, trained.params, kernels.choose_kernels()
    evaluation = (
        Evaluation(model, p, part, kernel_set)
        if adaptation is None
        else DynamicEvaluation(model, p, part, trained.mean_square, adaptation, kernel_set)
    )
    for done in evaluation:
        if on_progress:
            on_progress(done, part.targets)
    if adaptation is not None and not isfinite(evaluation.loss):
        raise UsageError("dynamic evaluation diverged; lower its rate")
    check_predicts(trained, evaluation.loss)
    return Score(part.targets, evaluation.loss)


def check_predicts(trained: Trained, loss: float) -> None:
    """Raise CheckpointError where the loss of a text under a model is not finite."""
    if not isfinite(loss):
        raise refusal(trained.path, "its predictions are not finite: its weights are too large")


def is_training_text(trained: Trained, paths: Sequence[str]) -> bool:
    """Whether the texts are those that the model was trained on, by their SHA-256."""
    return open_text(trained, paths)[0].sha256 == trained.corpus_sha256


def open_part(trained: Trained, paths: Sequence[str]) -> Part:
    """The texts, in the vocabulary of a model. Raises DataError as `score` does."""
    return open_text(trained, paths)[1]


def open_text(trained: Trained, paths: Sequence[str]) -> tuple[Corpus, Part]:
    """The texts in their own alphabet, and as a model sees them. Raises DataError as `score`."""
    corpus = open_corpus(find_files(paths), build.text_format(trained.config), default_cache())
    lookup = lookup_of(corpus, trained.vocabulary)
    separator = trained.config.data.records
    part = part_of(corpus, lookup, None if separator is None else ord(separator))
    if part.targets < 1:
        raise DataError(f"{', '.join(paths)}: one character is too short; 2 or more are needed")
    return corpus, part
