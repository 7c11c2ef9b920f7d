"""Networks to test: every cell in CELLS with every value of its options, and around it."""

from itertools import product

import numpy as np

from charrnn.config.keys import Key, keys_of
from charrnn.nn.cells import CELLS, Cell
from charrnn.nn.initializers import Uniform
from charrnn.nn.layers.noise import DropoutRates, NoiseKey
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from tests import naive

V, T, B, H, E = 7, 5, 3, 4, 3
FLOAT64 = np.dtype(np.float64)


def variants(name: str) -> list[Cell]:
    """A cell of the table with every combination of the words its options may be."""
    keys = keys_of(CELLS[name])
    values = [words_of(key) for key in keys.values()]
    return [CELLS[name](H, **dict(zip(keys, chosen, strict=True))) for chosen in product(*values)]


def words_of(key: Key) -> tuple[object, ...]:
    """Everything a key may be if that is a matter of words, or of yes and no."""
    if key.words:
        return key.words
    kinds = [kind.schema for kind in key.kinds]
    if {"type": "boolean"} in kinds:
        return (False, True, *(kind["const"] for kind in kinds if "const" in kind))
    return (key.default,)


EVERY_CELL = [cell for name in CELLS for cell in variants(name)]


def label(value: object) -> str:
    """A short name for a test's parameter."""
    if hasattr(value, "hidden_size"):
        options = [str(getattr(value, name)) for name in keys_of(type(value))]
        return "-".join([type(value).__name__, *options])
    return str(value)


def weights(model: CharModel, seed: int = 1, dtype=FLOAT64) -> Params:
    """Weights with no number at 0: biases and initial states are perturbed too."""
    p = model.init(seed, Uniform(), FLOAT64)
    p.flat += np.random.default_rng(seed).normal(0.0, 0.2, p.flat.shape)
    fresh = Params.zeros(model.shapes(), np.dtype(dtype))
    fresh.flat[...] = p.flat
    return fresh


def chunk(seed: int = 0, steps: int = T, tracks: int = B):
    """Random characters x and y (T, B)."""
    ids = np.random.default_rng(seed).integers(V, size=(steps + 1, tracks))
    return ids[:-1], ids[1:]


noise = NoiseKey(9, 0)  # the same at every call
NOISES = {
    "quiet": DropoutRates(),
    "dropout": DropoutRates(hidden=0.4, output=0.3),
    "input": DropoutRates(input=0.3),
    "variational": DropoutRates(input=0.3, hidden=0.4, output=0.3, variational=True),
    "recurrent": DropoutRates(recurrent=0.4),
    "weights": DropoutRates(weights=0.3),
    "zoneout": DropoutRates(zoneout=0.3),
    "all but zoneout": DropoutRates(0.2, 0.3, 0.2, 0.3, 0.2, variational=True),
    "all": DropoutRates(0.2, 0.3, 0.2, 0.3, 0.2, 0.3, variational=True),
}


def masks_of(model: CharModel, tape) -> naive.Masks:
    """What the noise of the last chunk on `tape` was, for the oracle."""
    steps, stack = len(tape.logits), tape.stack
    noises = [block.noise for block in stack.blocks]
    B = tape.logits.shape[1]
    return naive.Masks(
        outputs=[
            None if b.mask is None else np.broadcast_to(b.mask, b.cell.h[1:].shape).copy()
            for b in stack.blocks
        ],
        inputs=None
        if stack.inputs is None
        else stack.inputs.factors(steps).reshape(steps, B).copy(),
        past=[None if p.mask is None else p.mask.copy() for p in noises],
        weights=[None if p.kept is None else p.kept.copy() for p in noises],
        held=[[h[:steps].copy() for h in p.held] for p in noises] if model.dropout.zoneout else [],
    )


def random_state(cell: Cell, seed: int = 5, tracks: int = B):
    """A state that is not the initial one."""
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(0.0, 0.5, (tracks, cell.hidden_size)) for _ in cell.states)
