"""What the units of a model do while it reads a text, and which of them know something of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from charrnn import kernels
from charrnn.api.score import open_part
from charrnn.api.trained import Trained
from charrnn.arrays import Floats, Ids
from charrnn.checkpoint import refusal
from charrnn.errors import UsageError
from charrnn.insight.activations import (
    Range,
    Value,
    ends_of,
    names_of,
    range_of,
    read,
    record,
    values_of,
)
from charrnn.insight.finding import SHIFTS, Search
from charrnn.insight.peaks import peaks
from charrnn.insight.saturation import Distribution, Tally
from charrnn.insight.signals import SIGNALS, signals_of
from charrnn.insight.stretches import Stretches, of_records, of_text
from charrnn.text.part import Part
from charrnn.text.vocab import REPLACEMENT

MOST = 200_000  # characters that are read, if nobody says otherwise
Progress = Callable[[int, int], None] | None
BEFORE, AFTER = 40, 20  # characters of a context around its peak
APART = BEFORE + AFTER + 1
CONTEXTS = 5


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


@dataclass(frozen=True)
class FoundUnit:
    """The unit that goes best with a signal: a correlation is Pearson's, p is of `finding`."""

    signal: str  # a name of SIGNALS
    unit: UnitName
    correlation: float  # on the first half of the text, where the unit was chosen
    held_out: float  # on the other half
    p: float


@dataclass(frozen=True)
class UnitSurvey:
    """What all units of a network do over a text."""

    distributions: tuple[Distribution, ...]  # a value of a layer each, from below
    found: tuple[FoundUnit, ...]  # in the order of SIGNALS
    constant: tuple[str, ...]  # the signals that the text does not have in both of its halves

    def of(self, value: Value) -> Distribution:
        """The distribution of a value."""
        return next(one for one in self.distributions if one.value == value)

    @property
    def surest(self) -> UnitName:
        """The unit with the largest held-out correlation; if none was found, the liveliest."""
        ranked = sorted(self.found, key=lambda one: -abs(one.held_out))
        return ranked[0].unit if ranked else self.liveliest()[0]

    def liveliest(self, what: str = "h") -> list[UnitName]:
        """All units of the network, those that vary most first."""
        some = [one for one in self.distributions if one.value.name == what]
        names = [
            UnitName(one.value.layer, unit, what) for one in some for unit in range(len(one.means))
        ]
        order = np.argsort(-np.concatenate([one.deviations for one in some]), kind="stable")
        return [names[k] for k in order.tolist()]


class UnitContext(NamedTuple):
    """Where a unit is high, and what stands around it."""

    place: int  # in the text
    value: float
    before: str
    symbol: str
    after: str


@dataclass(frozen=True)
class Watched:
    """A model and a text that it reads, up to some length."""

    trained: Trained
    ids: Ids  # (T,) of the model's vocabulary; records begin with their separator
    stretches: Stretches
    total: int  # characters of the whole text

    @cached_property
    def text(self) -> str:
        """T characters, or bytes as such, where the model reads those; U+FFFD for the unknown."""
        symbols = [chr(symbol) for symbol in self.trained.vocabulary.symbols] + [REPLACEMENT]
        return "".join(symbols[k] for k in self.ids.tolist())

    def first(self, characters: int) -> "Watched":
        """The same with no more than so many characters."""
        if characters >= len(self.ids):
            return self
        begins, starts, stops = self.stretches
        kept = starts < characters
        fewer = Stretches(begins[kept], starts[kept], np.minimum(stops[kept], characters))
        return Watched(self.trained, self.ids[:characters], fewer, self.total)

    def names(self, layer: int) -> tuple[str, ...]:
        """What can be seen of the units of a layer: "h", "c" of an LSTM, gates."""
        return names_of(self.trained.model.cells[layer])


@dataclass(frozen=True)
class WatchedUnit:
    """One value of one unit over a text."""

    name: UnitName
    text: str  # T characters
    values: Floats  # (T,) float32
    ends: Range  # what the ends of a scale for it stand for

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
    """As `watch`, of a part of a text in the model's own vocabulary."""
    if part.records is None:
        ids = part.window(np.arange(min(most, len(part.ids))))
        return Watched(trained, ids, of_text(len(ids)), len(part.ids))
    ids, lengths = _records(part, most)
    return Watched(trained, ids, of_records(lengths), part.characters)


def activations(watched: Watched, values: Sequence[Value] | None = None) -> dict[Value, Floats]:
    """(T, H) in float32 a value, by default all that the network has, after each character.

    Raises CheckpointError where the weights are too large.
    """
    return recorded(watched, dict.fromkeys(values or values_of(watched.trained.model)))


def recorded(
    watched: Watched, wanted: dict[Value, Ids | None], on_progress: Progress = None
) -> dict[Value, Floats]:
    """As `activations`, (T, n) of some units; None: all of them."""
    trained = watched.trained
    found = record(
        *(trained.model, trained.params, watched.ids, watched.stretches, wanted),
        kernels.choose(),
        on_progress,
    )
    if not all(np.isfinite(values).all() for values in found.values()):
        raise _too_large(trained)
    return found


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
            raise UsageError(f"--unit {unit}: which layer? name it as in --unit 0:{unit}")
        above = str(layer or 0)
    if not (above.isdecimal() and number.isdecimal() and len(unit) < 20):
        raise UsageError(f"--unit {unit}: expected LAYER:UNIT, as in 0:37; both count from 0")
    if layer is not None and int(above) != layer:
        raise UsageError(f"--unit {unit} is not of --layer {layer}")
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


def survey_units(
    watched: Watched,
    *,
    layers: Sequence[int] | None = None,
    find: bool = False,
    gates: bool = False,
    shifts: int = SHIFTS,
    seed: int = 0,
    on_progress: Progress = None,
) -> UnitSurvey:
    """Read the text once, and sum up what all units of `layers` (all of them) do.

    With `find` it also looks for the units that go with each of SIGNALS, among h and c, and with
    `gates` among the gates as well. `on_progress` is told how many characters are done, of how
    many. Raises CheckpointError where the weights are too large.
    """
    trained, cells = watched.trained, watched.trained.model.cells
    for layer in layers or ():
        check_layer(watched, layer)
    values = [v for v in values_of(trained.model) if layers is None or v.layer in layers]
    widths = {v: cells[v.layer].hidden_size for v in values}
    tallies = {v: Tally(v, range_of(cells[v.layer], v.name), H) for v, H in widths.items()}
    searched = {v: H for v, H in widths.items() if gates or v.name in cells[v.layer].states}
    signals = signals_of(watched.text) if find else np.zeros((0, len(watched.ids)), np.float32)
    search = Search(signals, searched, shifts=shifts, seed=seed)
    done = 0
    for chunk in read(
        trained.model, trained.params, watched.ids, watched.stretches, kernels.choose()
    ):
        for value, tally in tallies.items():
            numbers = chunk.of(value)
            if not np.isfinite(numbers).all():
                raise _too_large(trained)
            tally.add(numbers)
        if find:
            search.add(chunk)
        done += len(chunk.at)
        if on_progress:
            on_progress(done, len(watched.ids))
    names = list(SIGNALS)
    found = [
        FoundUnit(
            names[match.signal],
            UnitName(match.value.layer, match.unit, match.value.name),
            match.correlation,
            match.held_out,
            match.p,
        )
        for match in search.matches()
    ]
    known = {one.signal for one in found}
    constant = tuple(name for name in names if find and name not in known)
    return UnitSurvey(tuple(t.result() for t in tallies.values()), tuple(found), constant)


def _records(part: Part, most: int) -> tuple[Ids, Ids]:
    """The first records, each after its separator, and how long each is with it."""
    assert part.records is not None
    starts, lengths, separator = part.records
    before = part.lookup[[separator]]
    pieces: list[Ids] = []
    left = most
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        if left <= 0:
            break
        piece = np.append(before, part.window(np.arange(start, start + length)))[:left]
        pieces.append(piece)
        left -= len(piece)
    return np.concatenate(pieces), np.array([len(piece) for piece in pieces])


def _up_to(count: int, noun: str) -> str:
    return f"{noun} 0 alone" if count == 1 else f"{noun}s 0 to {count - 1}"


def _too_large(trained: Trained) -> Exception:
    return refusal(trained.path, "its weights are too large to read anything")
