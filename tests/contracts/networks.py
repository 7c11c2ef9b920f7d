"""Networks to test: every cell in CELLS with every value of its options, and around it."""

from itertools import product

import numpy as np

from charrnn.cells import CELLS, Cell
from charrnn.config.keys import keys_of
from charrnn.initializers import Uniform
from charrnn.layers.dropout import noise_of
from charrnn.model import CharModel
from charrnn.params import Params

V, T, B, H, E = 7, 5, 3, 4, 3
FLOAT64 = np.dtype(np.float64)


def variants(name: str) -> list[Cell]:
    """A cell of the table with every combination of the words its options may be."""
    keys = keys_of(CELLS[name])
    values = [key.words or (key.default,) for key in keys.values()]
    return [CELLS[name](H, **dict(zip(keys, chosen, strict=True))) for chosen in product(*values)]


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


noise = noise_of(9, 0)  # the same dropout at every call


def random_state(cell: Cell, seed: int = 5, tracks: int = B):
    """A state that is not the initial one."""
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(0.0, 0.5, (tracks, cell.hidden_size)) for _ in cell.states)
