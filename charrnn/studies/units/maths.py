"""The values of a network's units while it reads: hidden states, cell states and gates.

Every number is taken from the tape that the network's own forward pass writes. Those of a character
are what the network has when it has read it, and knows nothing of what comes after.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Bools, Floats, Ids
from charrnn.nn.cells import Cell, Tape
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.nn.read import Stream, read
from charrnn.nn.tape import ModelTape
from charrnn.text.tracks import Tracks

Range = tuple[float, float]

RANGES: dict[str, Range] = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (-inf, inf)}


class Value(NamedTuple):
    """A number that every unit of a layer has: a state, "h" or "c", or one of its gates."""

    layer: int
    name: str


def names_of(cell: Cell) -> tuple[str, ...]:
    """The values of a cell that can be recorded: its states, then its gates."""
    return (*cell.states, *(gate.name for gate in cell.gates if gate.name not in cell.states))


def values_of(model: CharModel, names: Sequence[str] | None = None) -> list[Value]:
    """The values of a network, layer by layer; those with these names alone, if given."""
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
    """The ends of a scale for `values` (T,); its middle is 0, for a gate one half.

    A gate's are 0 and 1; others have the largest that there is, with both signs.
    """
    if bounds[0] == 0:
        return bounds
    most = float(np.abs(values).max()) or 1.0
    return -most, most


@dataclass(frozen=True)
class Activations:
    """The values of the units over some of the characters, valid until the next chunk."""

    at: Ids  # (n,) places in the text
    recorded: Bools  # (t, B) which of the tape's steps they are
    model: CharModel
    tape: ModelTape

    def of(self, value: Value) -> Floats:
        """(n, H): a value of all units of its layer, after each of the characters."""
        cell = self.model.cells[value.layer]
        return seen(cell, self.tape.stack.blocks[value.layer].cell, value.name)[self.recorded]


def seen(cell: Cell, tape: Tape, name: str) -> Floats:
    """(T, B, H): a value after every step of a chunk, in the memory of the tape."""
    if name in cell.states:
        return tape.states[cell.states.index(name)][1:]
    return tape.gate([gate.name for gate in cell.gates].index(name))


def activations_of(
    model: CharModel, p: Params, streams: Iterable[Stream], kernels: Kernels = NUMPY
) -> Iterator[Activations]:
    """Read the streams, and yield every place that counts once."""
    for span in read(model, p, streams, kernels):
        counted = span.places >= 0
        if counted.any():
            yield Activations(span.places[counted], counted, model, span.tape)


def record(
    model: CharModel,
    p: Params,
    streams: Sequence[Tracks],
    wanted: Mapping[Value, Ids | None],
    kernels: Kernels = NUMPY,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[Value, Floats]:
    """Some values over all T places of the streams, each (T, n) in float32.

    n are the units wanted; None: all, H. It needs the memory of what is wanted and of one span.
    `on_progress` gets the characters done and their number.
    """
    done, T = 0, sum(stream.counted(stream.length) for stream in streams)
    widths = {
        value: model.cells[value.layer].hidden_size if units is None else len(units)
        for value, units in wanted.items()
    }
    values: dict[Value, Floats] = {
        value: np.empty((T, width), np.float32) for value, width in widths.items()
    }
    for some in activations_of(model, p, streams, kernels):
        for value, units in wanted.items():
            numbers = some.of(value)
            values[value][some.at] = numbers if units is None else numbers[:, units]
        done += len(some.at)
        if on_progress:
            on_progress(done, T)
    return values
