"""What a model might have expected of any text, without a model."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from charrnn.studies.surprisal.study import Surprisal
from charrnn.text.lines import PredictedText
from charrnn.text.symbols import NEWLINE
from charrnn.text.vocab import Vocabulary


def lined(symbols: list[int], level: str = "char", name: str = "text.txt") -> PredictedText:
    """A text of 2 symbols or more, as it is predicted."""
    rest = np.array(symbols[1:], np.uint32)
    starts = np.append(0, np.flatnonzero(rest[:-1] == NEWLINE) + 1)
    return PredictedText(
        name=name,
        level=level,
        given=symbols[0],
        symbols=rest,
        starts=starts,
        lengths=np.diff(np.append(starts, len(rest))),
        numbers=np.arange(len(starts)) + 1 + (symbols[0] == NEWLINE),
    )


def surprisal(
    symbols: list[int], level: str = "char", *, seed: int = 1, name: str = "text.txt"
) -> Surprisal:
    """Predictions drawn at random, of which all figures are true."""
    text = lined(symbols, level, name)
    vocabulary = Vocabulary(level, tuple(sorted(set(symbols))), has_unk=True)
    ids = vocabulary.translation(text.symbols)
    T, V = len(ids), vocabulary.size
    p = np.random.default_rng(seed).dirichlet(np.full(V, 0.3), T) + 1e-9
    p /= p.sum(axis=1, keepdims=True)
    chosen = p[np.arange(T), ids]
    order = np.argsort(-p, axis=1)[:, :5]
    return Surprisal(
        trained=SimpleNamespace(path=Path("a <b>&\x1b[31m\u202e.npz"), vocabulary=vocabulary),
        text=text,
        ids=ids,
        nats=-np.log(chosen),
        ranks=1 + (p > chosen[:, None]).sum(axis=1),
        entropies=-(p * np.log(p)).sum(axis=1),
        guesses=order,
        chances=np.take_along_axis(p, order, axis=1),
    )
