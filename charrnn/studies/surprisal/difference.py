"""Two models on one text: which parts of it one predicts better than the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from charrnn.config import as_written
from charrnn.errors import DataError, UsageError
from charrnn.nn.arrays import Bools, Floats
from charrnn.runs.trained import Trained
from charrnn.studies.score.study import open_text
from charrnn.studies.surprisal.bootstrap import interval_of_mean, of_usual_length, sums_from
from charrnn.studies.surprisal.study import (
    Line,
    Progress,
    Surprisal,
    lines_at,
    predicted_text,
    read_through,
)
from charrnn.terminal import one_line
from charrnn.text.lines import PredictedText
from charrnn.text.part import Part
from charrnn.text.read import find_files
from charrnn.text.symbols import display


@dataclass(frozen=True)
class SymbolDifference:
    """The mean cost of a symbol under two models."""

    symbol: int  # code point or byte
    name: str  # as people can read it
    count: int
    a: float  # mean surprisal of the first model, in bits
    b: float  # of the second
    share: float  # bits per character of the text: what it adds to the difference of the two


@dataclass(frozen=True, eq=False)
class Difference:
    """How two models differ on a text. A difference below 0 is in favour of `a`.

    A character that one of them knows as UNK alone is read, and not counted: to predict that
    something unknown comes is another task than to predict what.
    """

    a: Surprisal
    b: Surprisal
    counted: Bools  # (T,)
    nats: Floats  # (T,) surprisal under `a` less that under `b`; 0 where it is not counted
    interval: tuple[float, float] | None  # 95 % of the mean, in nats; None for under 10 lines

    @property
    def text(self) -> PredictedText:
        return self.a.text

    @property
    def characters(self) -> int:
        """How many are counted."""
        return int(np.count_nonzero(self.counted))

    @property
    def nats_per_char(self) -> float:
        """The mean difference."""
        return float(self.nats.sum()) / self.characters

    @property
    def bits_per_char(self) -> float:
        return self.nats_per_char / log(2)

    @property
    def verdict(self) -> str:
        """Which of the two is better, by how much, and how sure that is."""
        bits, left_out = self.bits_per_char, len(self.counted) - self.characters
        better = (
            "A is better" if bits < 0 else "B is better" if bits > 0 else "A and B are equally good"
        )
        words = f"{better} by {abs(bits):.4f} bits/char" if bits else better
        if self.interval is None:
            words += "; too few lines for an interval"
        else:
            low, high = sorted(end / log(2) * (1 if bits > 0 else -1) for end in self.interval)
            words += f" (95 % interval {low:.4f} to {high:.4f}, bootstrap over lines)"
            words += "; this may be chance" if low <= 0 <= high else ""
        if left_out:
            words += f"; {left_out:,} characters that one of them does not know are left out"
        return words

    @property
    def bits(self) -> Floats:
        """Surprisal under `a` less that under `b`, in bits (T,)."""
        return self.nats / log(2)

    def means(self) -> tuple[float, float]:
        """The loss of each model over what is counted, in nats per character."""
        a, b = (
            float(one.nats.sum(where=self.counted, dtype=np.float64)) for one in (self.a, self.b)
        )
        return a / self.characters, b / self.characters

    def better(self, sign: int, most: int | None = None) -> list[Line]:
        """The lines that `a` (sign -1) or `b` (1) predicts better, the most so first.

        Of each the mean difference. Lines much shorter than is usual are left out.
        """
        counts = sums_from(self.counted, self.text.starts)
        means = sums_from(self.nats, self.text.starts) / np.maximum(counts, 1)
        ranked = np.flatnonzero(of_usual_length(counts) & (sign * means > 0))
        order = np.argsort(-sign * means[ranked], kind="stable")
        return lines_at(self.text, ranked[order][:most], means)

    def symbols(self) -> list[SymbolDifference]:
        """Every symbol that is counted; the one that says most for `a` first, for `b` last."""
        symbols, which, counts = np.unique(
            self.text.symbols[self.counted], return_inverse=True, return_counts=True
        )
        a, b = (
            np.bincount(which, weights=one.nats[self.counted]) / log(2) for one in (self.a, self.b)
        )
        return [
            SymbolDifference(
                symbol=int(symbols[k]),
                name=display(int(symbols[k]), self.text.level),
                count=int(counts[k]),
                a=float(a[k] / counts[k]),
                b=float(b[k] / counts[k]),
                share=float((a[k] - b[k]) / self.characters),
            )
            for k in np.argsort(a - b, kind="stable")
        ]


def difference_of(
    a: Trained, b: Trained, paths: Sequence[str], *, on_progress: Progress | None = None
) -> Difference:
    """Read the texts with both models, one after the other, each with its own vocabulary.

    Raises UsageError where the two do not predict the same characters: one predicts bytes, or
    records, or reads texts otherwise; DataError where one has no id for a character; else what
    `surprisal_of` raises.
    """
    _check_alike(a, b)
    find_files(paths)  # what is wrong with a name is wrong for both
    parts, texts = zip(*(_opened(one, paths) for one in (a, b)), strict=True)
    if texts[0].given != texts[1].given or not np.array_equal(texts[0].symbols, texts[1].symbols):
        raise UsageError(
            f"{a.path} and {b.path} do not read the same characters in this text: their"
            " data.lowercase, normalize, newlines or encoding differ"
        )
    T = parts[0].targets
    first = read_through(a, parts[0], texts[0], _share_of(on_progress, 0, T))
    second = read_through(b, parts[1], texts[1], _share_of(on_progress, T, T))
    return compared(first, second)


def _opened(trained: Trained, paths: Sequence[str]) -> tuple[Part, PredictedText]:
    try:
        corpus, part = open_text(trained, paths)
    except DataError as error:
        raise DataError(f"{trained.path}: {error}") from None
    return part, predicted_text(trained, corpus, part)


def _check_alike(a: Trained, b: Trained) -> None:
    """Raise UsageError where two models do not take the same things for characters."""
    for key in ("level", "records"):
        values = [getattr(trained.config.data, key) for trained in (a, b)]
        if values[0] != values[1]:
            both = one_line(" and ".join(map(as_written, values)))
            raise UsageError(
                f"{a.path} and {b.path} do not predict the same symbols: data.{key} is {both};"
                f" compare models with the same data.{key}"
            )


def _share_of(on_progress: Progress | None, before: int, T: int) -> Progress | None:
    """The progress of one of two readings, as that of both."""
    if on_progress is None:
        return None
    return lambda done, _: on_progress(before + done, 2 * T)


def compared(a: Surprisal, b: Surprisal) -> Difference:
    """The difference of two readings. Raises DataError where nothing can be counted."""
    counted = np.ones(len(a.ids), bool)
    for one in (a, b):
        if one.vocabulary.has_unk:
            counted &= one.ids != one.vocabulary.unk
    if not counted.any():
        raise DataError(
            "one of the models knows no character of the text: there is nothing to compare"
        )
    nats = np.where(counted, a.nats.astype(np.float64) - b.nats, 0.0)
    sums, counts = (sums_from(values, a.text.starts) for values in (nats, counted))
    return Difference(a, b, counted, nats, interval_of_mean(sums, counts))
