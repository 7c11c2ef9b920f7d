"""Surprisal: a model's predictions at every character of a text, and what surprised it most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from typing import TypeAlias

import numpy as np

from charrnn.nn import kernels
from charrnn.nn.arrays import Floats, Ids
from charrnn.runs.trained import Trained
from charrnn.studies.score.study import Score, check_predicts, open_text
from charrnn.studies.surprisal.bootstrap import of_usual_length, sums_from
from charrnn.studies.surprisal.maths import Reading
from charrnn.text.corpus import Corpus
from charrnn.text.lines import PredictedText
from charrnn.text.part import Part
from charrnn.text.symbols import display
from charrnn.text.vocab import Vocabulary

Progress: TypeAlias = Callable[[int, int], None]  # characters read, of how many


@dataclass(frozen=True)
class Line:
    """A line of a text, and a mean over its characters, its end included."""

    number: int  # in the text, from 1
    start: int  # its first place among what is predicted
    characters: int
    nats_per_char: float
    text: str

    @property
    def bits_per_char(self) -> float:
        return self.nats_per_char / log(2)


@dataclass(frozen=True)
class SymbolLoss:
    """The mean cost of a symbol, and its share of the loss."""

    symbol: int  # code point or byte
    name: str  # as people can read it
    count: int
    bits: float  # mean surprisal
    share: float  # of the loss of the whole text


@dataclass(frozen=True, eq=False)
class Surprisal:
    """The predictions of a model at the T characters of a text.

    K is 5, or less for a vocabulary of less. `text` has the characters, and the lines.
    """

    trained: Trained
    text: PredictedText
    ids: Ids  # (T,) which characters came, by the vocabulary of the model
    nats: Floats  # (T,) surprisal: -ln p of them
    ranks: Ids  # (T,) their places among the model's guesses; the first guess is 1
    entropies: Floats  # (T,) nats: the surprisal that the model itself expects
    guesses: Ids  # (T, K) ids of the likeliest characters, the likeliest first
    chances: Floats  # (T, K) their probabilities

    @property
    def vocabulary(self) -> Vocabulary:
        return self.trained.vocabulary

    @property
    def bits(self) -> Floats:
        """Surprisal in bits (T,)."""
        return self.nats / log(2)

    @property
    def score(self) -> Score:
        """The mean of it all, which is the loss of the text."""
        return Score(len(self.nats), float(self.nats.mean(dtype=np.float64)))

    @property
    def expected_bits(self) -> float:
        """The mean entropy: what the model itself expects to be its surprisal, bits/char."""
        return float(self.entropies.mean(dtype=np.float64)) / log(2)

    @property
    def right(self) -> float:
        """How many of the characters were the first guess, as a share."""
        return float((self.ranks == 1).mean())

    @property
    def verdict(self) -> str:
        """The share of right first guesses, and the mean entropy of the predictions."""
        return (
            f"the first guess is right for {self.right:.1%} of the characters;"
            f" mean entropy of the predictions: {self.expected_bits:.4f} bits/char"
        )

    def lines(self, most: int | None = None) -> list[Line]:
        """The lines with the most nats per character, the most surprising first.

        Lines much shorter than is usual in the text are left out, as chance has them first.
        """
        means = sums_from(self.nats, self.text.starts) / self.text.lengths
        ranked = np.flatnonzero(of_usual_length(self.text.lengths))
        return lines_at(self.text, ranked[np.argsort(-means[ranked], kind="stable")][:most], means)

    def symbols(self) -> list[SymbolLoss]:
        """Every symbol that is predicted, the one with the largest share of the loss first."""
        symbols, which, counts = np.unique(
            self.text.symbols, return_inverse=True, return_counts=True
        )
        nats = np.bincount(which, weights=self.nats)
        total = nats.sum()
        return [
            SymbolLoss(
                symbol=int(symbols[k]),
                name=display(int(symbols[k]), self.text.level),
                count=int(counts[k]),
                bits=float(nats[k] / counts[k] / log(2)),
                share=float(nats[k] / total) if total else 0.0,
            )
            for k in np.argsort(-nats, kind="stable")
        ]


def surprisal_of(
    trained: Trained,
    paths: Sequence[str],
    *,
    on_progress: Progress | None = None,
) -> Surprisal:
    """Read the texts as `score` does, and keep what the model expects at every character.

    Its mean is what `score` reports. Tracks of a long text are read side by side, each after the
    512 characters before it: so what a model remembers beyond these is missing at the start of a
    track. `on_progress` gets the characters done and their total. Raises what `score`
    raises.
    """
    corpus, part = open_text(trained, paths)
    return read_through(trained, part, predicted_text(trained, corpus, part), on_progress)


def predicted_text(trained: Trained, corpus: Corpus, part: Part) -> PredictedText:
    """The characters of a text that a model predicts."""
    return PredictedText.of(corpus, part, trained.vocabulary.level)


def read_through(
    trained: Trained, part: Part, text: PredictedText, on_progress: Progress | None
) -> Surprisal:
    """Read `part`, of which `text` is what is predicted. Raises CheckpointError as `score`."""
    reading = Reading(trained.model, trained.params, part, kernels.choose_kernels())
    for done in reading:
        if on_progress:
            on_progress(done, part.targets)
    surprisal = Surprisal(trained, text, **reading.expectations._asdict())
    check_predicts(trained, surprisal.score.nats_per_char)
    return surprisal


def lines_at(text: PredictedText, which: Ids, means: Floats) -> list[Line]:
    """The lines `which` of a text, with their share of `means` (n,)."""
    return [
        Line(
            number=int(text.numbers[k]),
            start=int(text.starts[k]),
            characters=int(text.lengths[k]),
            nats_per_char=float(means[k]),
            text=text.line(k),
        )
        for k in which.tolist()
    ]
