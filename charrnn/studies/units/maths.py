"""What the units of a network do while it reads: hidden states, cell states and gates.

Every number is taken from the tape that the network's own forward pass writes. Those of a character
are what the network has when it has read it, and knows nothing of what comes after.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Bools, Floats, Ids, States
from charrnn.nn.cells import Cell, Tape
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.model import CharModel
from charrnn.nn.ops import may_overflow
from charrnn.nn.params import Params
from charrnn.nn.tape import ModelTape
from charrnn.studies.units.stretches import Stretches

Range = tuple[float, float]

RANGES: dict[str, Range] = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (-inf, inf)}


class Value(NamedTuple):
    """A number that every unit of a layer has: a state, "h" or "c", or one of its gates."""

    layer: int
    name: str


def names_of(cell: Cell) -> tuple[str, ...]:
    """What can be seen of a cell: its states, then its gates."""
    return (*cell.states, *(gate.name for gate in cell.gates if gate.name not in cell.states))


def values_of(model: CharModel, names: Sequence[str] | None = None) -> list[Value]:
    """What can be seen of a network, layer by layer; of these names alone, if there are any."""
    return [
        Value(k, name)
        for k, cell in enumerate(model.cells)
        for name in names_of(cell)
        if names is None or name in names
    ]


def range_of(cell: Cell, name: str) -> Range:
    """Between which numbers a value lies: a gate between 0 and 1, what tanh makes around 0.

    A learned initial state may lie outside, and so may an h that keeps a part of it (of a GRU, or
    by zoneout), until that is forgotten.
    """
    for gate in cell.gates:
        if gate.name == name:
            return RANGES[gate.nonlinearity]
    return RANGES["tanh"] if name == "h" else (-inf, inf)


def ends_of(bounds: Range, values: Floats) -> Range:
    """What the ends of a scale for `values` (T,) stand for; its middle is 0, of a gate one half.

    A gate's are 0 and 1; others have the largest that there is, with both signs.
    """
    if bounds[0] == 0:
        return bounds
    most = float(np.abs(values).max()) or 1.0
    return -most, most


@dataclass(frozen=True)
class Chunk:
    """A part of what was read, which lasts until the next one is asked for."""

    at: Ids  # (n,) places in the text
    recorded: Bools  # (t, B) which of the tape's steps they are
    model: CharModel
    tape: ModelTape

    def of(self, value: Value) -> Floats:
        """(n, H): a value of all units of its layer, after each of the characters."""
        cell = self.model.cells[value.layer]
        return seen(cell, self.tape.blocks[value.layer].cell, value.name)[self.recorded]


def seen(cell: Cell, tape: Tape, name: str) -> Floats:
    """(T, B, H): a value after every step of a chunk, in the memory of the tape."""
    if name in cell.states:
        return tape.states[cell.states.index(name)][1:]
    return tape.gate([gate.name for gate in cell.gates].index(name))


def read(
    model: CharModel, p: Params, ids: Ids, stretches: Stretches, kernels: Kernels = NUMPY
) -> Iterator[Chunk]:
    """Read `ids` (T,), and yield every character once, in the order of the stretches."""
    for group in stretches.groups():
        tape: ModelTape | None = None
        for places, recorded in group.chunks():
            if tape is None:  # the first chunk is as long as any
                steps, tracks = places.shape
                tape = model.tape(steps, tracks, p.flat.dtype, kernels)
                state = _begin(model, p, tracks, tape)
            chunk = tape.first(len(places))
            state = _forward(model, p, ids[places], state, chunk)
            if recorded.any():
                yield Chunk(places[recorded], recorded, model, chunk)


def record(
    model: CharModel,
    p: Params,
    ids: Ids,
    stretches: Stretches,
    wanted: Mapping[Value, Ids | None],
    kernels: Kernels = NUMPY,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[Value, Floats]:
    """Some values of a text `ids` (T,), each (T, n) in float32, n the units wanted; None: all, H.

    It needs the memory of what is wanted and of one chunk. `on_progress` is told how many
    characters are done, of how many.
    """
    widths = {
        value: model.cells[value.layer].hidden_size if units is None else len(units)
        for value, units in wanted.items()
    }
    found: dict[Value, Floats] = {
        value: np.empty((len(ids), width), np.float32) for value, width in widths.items()
    }
    done = 0
    for chunk in read(model, p, ids, stretches, kernels):
        for value, units in wanted.items():
            numbers = chunk.of(value)
            found[value][chunk.at] = numbers if units is None else numbers[:, units]
        done += len(chunk.at)
        if on_progress:
            on_progress(done, len(ids))
    return found


@may_overflow
def _begin(model: CharModel, p: Params, tracks: int, tape: ModelTape) -> States:
    model.prepare(p, tape)
    return model.initial_state(p, tracks)


@may_overflow
def _forward(model: CharModel, p: Params, ids: Ids, state: States, tape: ModelTape) -> States:
    return model.forward(p, ids, state, tape)
