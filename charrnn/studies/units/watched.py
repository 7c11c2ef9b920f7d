"""A model that reads a text, and what a unit of it does meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from charrnn.errors import UsageError
from charrnn.nn import kernels
from charrnn.nn.arrays import Floats, Ids
from charrnn.runs.trained import Trained
from charrnn.storage.checkpoint import refusal
from charrnn.studies.score.study import open_part
from charrnn.studies.units.maths import (
    Range,
    Value,
    ends_of,
    names_of,
    range_of,
    record,
    values_of,
)
from charrnn.studies.units.peaks import peaks
from charrnn.studies.units.signals import signals_of
from charrnn.studies.units.utf8 import characters_of
from charrnn.text.part import Part
from charrnn.text.symbols import spelled
from charrnn.text.tracks import Tracks
from charrnn.text.vocab import REPLACEMENT

MOST = 200_000  # characters that are read by default
Progress = Callable[[int, int], None] | None
BEFORE, AFTER = 40, 20  # characters of a context around its peak
APART = BEFORE + AFTER + 1
CONTEXTS = 5
NO_UTF8 = 0xFF  # a byte that no character has, for what the model does not know


class UnitName(NamedTuple):
    """One value of one unit. Layers and units count from 0, as in the names of the weights."""

    layer: int
    unit: int
    what: str = "h"  # or "c", or a gate

    def __str__(self) -> str:
        return f"{self.layer}:{self.unit} {self.what}"

    @property
    def value(self) -> Value:
        return Value(self.layer, self.what)


class UnitContext(NamedTuple):
    """A place where a unit is extreme, with the text around it."""

    place: int  # in the text
    value: float
    before: str
    symbol: str
    after: str


@dataclass(frozen=True)
class Watched:
    """A model and a text that it reads, up to some length."""

    trained: Trained
    part: Part  # as much of the text as is read
    total: int  # characters of the whole text

    @cached_property
    def streams(self) -> list[Tracks]:
        """All T characters, as they are read side by side."""
        return self.part.streams(every=True)

    @cached_property
    def ids(self) -> Ids:
        """(T,) of the model's vocabulary; records begin with their separator."""
        ids = np.empty(self.part.characters, np.intp)
        for stream in self.streams:
            for span in stream.spans():
                counted = span.places >= 0
                ids[span.places[counted]] = span.x[counted]
        return ids

    @cached_property
    def text(self) -> str:
        """T characters, or bytes as such, where the model reads those; U+FFFD for the unknown."""
        symbols = np.array([*self.trained.vocabulary.symbols, ord(REPLACEMENT)])
        return spelled(symbols[self.ids], "char")

    @property
    def signals(self) -> Floats:
        """(K, T): SIGNALS at each id, of every record by itself, as the model reads it.

        Positions and lengths count characters: where the model reads bytes, all those of a
        character have its value.
        """
        begins = [s.starts[s.starts == s.begins] for s in self.streams]  # not those warmed up
        pieces = np.split(self.ids, np.sort(np.concatenate(begins))[1:])
        return np.concatenate([self._signals(piece) for piece in pieces], axis=1)

    def _signals(self, ids: Ids) -> Floats:
        vocabulary = self.trained.vocabulary
        if vocabulary.level == "char":
            return signals_of(vocabulary.decode(ids))
        symbols = np.array([*vocabulary.symbols, NO_UTF8], np.uint8)
        text, sizes = characters_of(symbols[ids].tobytes())
        return np.repeat(signals_of(text), sizes, axis=1)

    def first(self, characters: int) -> "Watched":
        """The same, cut to a number of characters."""
        if characters >= self.part.characters:
            return self
        return Watched(self.trained, self.part.cut_after(characters), self.total)

    def names(self, layer: int) -> tuple[str, ...]:
        """The values of the units of a layer: "h", "c" of an LSTM, gates."""
        return names_of(self.trained.model.cells[layer])


@dataclass(frozen=True)
class WatchedUnit:
    """One value of one unit over a text."""

    name: UnitName
    text: str  # T characters
    values: Floats  # (T,) float32
    ends: Range  # the ends of a scale for it

    def highest(self, n: int = CONTEXTS) -> list[UnitContext]:
        """The n places where it is highest, none in the context of another."""
        return self._contexts(self.values, n)

    def lowest(self, n: int = CONTEXTS) -> list[UnitContext]:
        """The n places where it is lowest."""
        return self._contexts(-self.values, n)

    def _contexts(self, values: Floats, n: int) -> list[UnitContext]:
        text = self.text
        return [
            UnitContext(
                place,
                float(self.values[place]),
                text[max(0, place - BEFORE) : place],
                text[place],
                text[place + 1 : place + 1 + AFTER],
            )
            for place in peaks(values, n, APART).tolist()
        ]


def watch(trained: Trained, paths: Sequence[str], most: int = MOST) -> Watched:
    """Open the texts as the model's own text was read, their first `most` characters.

    Raises DataError as `score` does.
    """
    return watch_part(trained, open_part(trained, paths), most)


def watch_part(trained: Trained, part: Part, most: int = MOST) -> Watched:
    """`watch` for a part of a text in the model's own vocabulary."""
    return Watched(trained, part.cut_after(most), part.characters)


def activations(watched: Watched, values: Sequence[Value] | None = None) -> dict[Value, Floats]:
    """(T, H) in float32 a value, by default all that the network has, after each character.

    Raises CheckpointError where the weights are too large.
    """
    return recorded(watched, dict.fromkeys(values or values_of(watched.trained.model)))


def recorded(
    watched: Watched, wanted: dict[Value, Ids | None], on_progress: Progress = None
) -> dict[Value, Floats]:
    """`activations` of some units (T, n); None: all of them."""
    trained = watched.trained
    values = record(
        *(trained.model, trained.params, watched.streams, wanted),
        kernels.choose_kernels(),
        on_progress,
    )
    if not all(np.isfinite(numbers).all() for numbers in values.values()):
        raise too_large(trained)
    return values


def watch_unit(watched: Watched, name: UnitName, on_progress: Progress = None) -> WatchedUnit:
    """One value of one unit over the text. Raises UsageError if the network has no such."""
    check_unit(watched, name)
    wanted: dict[Value, Ids | None] = {name.value: np.array([name.unit])}
    values = recorded(watched, wanted, on_progress)[name.value][:, 0]
    bounds = range_of(watched.trained.model.cells[name.layer], name.what)
    return WatchedUnit(name, watched.text, values, ends_of(bounds, values))


def unit_named(watched: Watched, unit: str, layer: int | None, what: str) -> UnitName:
    """The unit that "1:37" names, or "37" if there is one layer or a `layer` is given.

    Raises UsageError for anything else, and for what the network does not have.
    """
    above, colon, number = unit.rpartition(":")
    if not colon:
        if layer is None and len(watched.trained.model.cells) > 1:
            raise UsageError(f"unit {unit}: which layer? name it as in 0:{unit}")
        above = str(layer or 0)
    if not (above.isdecimal() and number.isdecimal() and len(unit) < 20):
        raise UsageError(f"unit {unit}: expected LAYER:UNIT, as in 0:37; both count from 0")
    if layer is not None and int(above) != layer:
        raise UsageError(f"unit {unit} is not in layer {layer}")
    name = UnitName(int(above), int(number), what)
    check_unit(watched, name)
    return name


def check_unit(watched: Watched, name: UnitName) -> None:
    """Raise UsageError if the network has no such layer, unit or value, and say what it has."""
    cells = watched.trained.model.cells
    check_layer(watched, name.layer)
    cell, have = cells[name.layer], watched.names(name.layer)
    if not 0 <= name.unit < cell.hidden_size:
        raise UsageError(
            f"there is no unit {name.unit}; layer {name.layer} has"
            f" {_up_to(cell.hidden_size, 'unit')}"
        )
    if name.what not in have:
        kind = type(cell).__name__.lower()
        raise UsageError(f"a unit of this {kind} has no {name.what!r}; it has {', '.join(have)}")


def check_layer(watched: Watched, layer: int) -> None:
    """Raise UsageError if the network has no such layer."""
    layers = len(watched.trained.model.cells)
    if not 0 <= layer < layers:
        raise UsageError(f"there is no layer {layer}; the network has {_up_to(layers, 'layer')}")


def _up_to(count: int, noun: str) -> str:
    return f"{noun} 0 alone" if count == 1 else f"{noun}s 0 to {count - 1}"


def too_large(trained: Trained) -> Exception:
    """Why such weights cannot be looked at."""
    return refusal(trained.path, "its activations are not finite: its weights are too large")
