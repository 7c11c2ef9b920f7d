"""Transfer: start from another model's weights, matched character by character."""

from collections.abc import Iterator

import numpy as np

from charrnn.nn.arrays import Floats, Shape
from charrnn.nn.model import CharModel
from charrnn.nn.ops import may_overflow
from charrnn.nn.params import Params
from charrnn.runs.trained import Trained
from charrnn.storage.checkpoint import refusal
from charrnn.text.symbols import display
from charrnn.text.vocab import Vocabulary


@may_overflow
def transfer_(
    source: Trained, model: CharModel, params: Params, vocabulary: Vocabulary
) -> tuple[str, ...]:
    """Overwrite `params` of `model` with the weights of `source`; return notes for the user.

    The rows and columns of a character go to its id in `vocabulary`; a character that `source` does
    not know keeps its initial weights. Raises CheckpointError where the networks differ, or where
    weights of `source` overflow the dtype of `params`.
    """
    old, axes = source.vocabulary, model.vocabulary_axes()
    if old.level != vocabulary.level:
        raise refusal(
            source.path, f"its level is {old.level}, and this run's is {vocabulary.level}"
        )
    if extra := [name for name in source.params if name not in params]:
        raise refusal(
            source.path,
            f"it has {extra[0]}, and this network does not; use the same cell, sizes and layers",
        )
    ids, old_ids = _shared_ids(vocabulary, old)
    for name, w in params.items():
        axis = axes.get(name)
        w_old = _weights_like(w, source, name, axis)
        if axis is None:
            w[...] = w_old
        elif axis == 0:
            w[ids] = w_old[old_ids]
        else:
            w[:, ids] = w_old[:, old_ids]
    if not np.isfinite(params.flat).all():
        raise refusal(source.path, f"its weights are too large for {params.flat.dtype} numbers")
    return tuple(_notes(source, vocabulary))


def _weights_like(w: Floats, source: Trained, name: str, axis: int | None) -> Floats:
    """The weights `name` of `source`, which may differ from `w` in the length of `axis` alone.

    Raises CheckpointError if they differ in more.
    """
    w_old = source.params.get(name)
    if w_old is None or _network_shape(w_old.shape, axis) != _network_shape(w.shape, axis):
        has = "none" if w_old is None else f"one of shape {w_old.shape}"
        raise refusal(
            source.path,
            f"this network needs {name} of shape {w.shape}, the checkpoint has {has};"
            " use the same cell, sizes and layers",
        )
    return w_old


def _shared_ids(a: Vocabulary, b: Vocabulary) -> tuple[list[int], list[int]]:
    """The ids in `a` and in `b` of the symbols that both have."""
    ids_a, ids_b = _ids(a), _ids(b)
    shared = [symbol for symbol in ids_a if symbol in ids_b]
    return [ids_a[s] for s in shared], [ids_b[s] for s in shared]


def _ids(vocabulary: Vocabulary) -> dict[int | None, int]:
    """Ids by code point; UNK has none."""
    symbols = (*vocabulary.symbols, None) if vocabulary.has_unk else vocabulary.symbols
    return {symbol: k for k, symbol in enumerate(symbols)}


def _network_shape(shape: Shape, axis: int | None) -> Shape:
    """The shape without the axis that counts characters."""
    return shape if axis is None else shape[:axis] + shape[axis + 1 :]


def _notes(source: Trained, vocabulary: Vocabulary) -> Iterator[str]:
    old = source.vocabulary
    yield f"weights from {source.path}, step {source.step}"
    new = sorted(set(vocabulary.symbols) - set(old.symbols))
    if new:
        yield f"{len(new)} characters are new to them: {' '.join(map(display, new))}"
    gone = sorted(set(old.symbols) - set(vocabulary.symbols))
    if gone:
        yield f"{len(gone)} characters that they know are not in this text"
