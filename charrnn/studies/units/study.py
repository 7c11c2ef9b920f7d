"""A survey of all units of a model over a text, and the units that fit its signals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.nn import kernels
from charrnn.runs.memory import Need, check_fits
from charrnn.studies.units.maths import Value, activations_of, range_of, values_of
from charrnn.studies.units.saturation import Distribution, Tally
from charrnn.studies.units.search import SHIFTS, UnitSearch, memory_of
from charrnn.studies.units.signals import SIGNALS
from charrnn.studies.units.watched import Progress, UnitName, Watched, check_layer, too_large


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
    """The survey of all units of a network over a text."""

    distributions: tuple[Distribution, ...]  # a value of a layer each, from below
    found: tuple[FoundUnit, ...]  # in the order of SIGNALS
    constant: tuple[str, ...]  # the signals that the text does not have in both of its halves

    def of(self, value: Value) -> Distribution:
        """The distribution of a value."""
        return next(one for one in self.distributions if one.value == value)

    @property
    def surest(self) -> UnitName:
        """The unit with the largest held-out correlation; if none was found, the most variable.

        p has no say in it.
        """
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

    With `find` it also looks for the best unit for each of SIGNALS, among h and c, and with
    `gates` among the gates as well. `on_progress` receives how many characters are done, of how
    many. Raises CheckpointError where the weights are too large, UsageError where there is not the
    memory to search.
    """
    trained, cells = watched.trained, watched.trained.model.cells
    for layer in layers or ():
        check_layer(watched, layer)
    values = [v for v in values_of(trained.model) if layers is None or v.layer in layers]
    widths = {v: cells[v.layer].hidden_size for v in values}
    tallies = {v: Tally(v, range_of(cells[v.layer], v.name), H) for v, H in widths.items()}
    searched = {v: H for v, H in widths.items() if gates or v.name in cells[v.layer].states}
    if find:
        size = memory_of(sum(searched.values()), len(SIGNALS), shifts)
        check_fits([Need("the search", size, ("fewer `layers`", "no `gates`"))], force=None)
    signals = watched.signals if find else np.zeros((0, len(watched.ids)), np.float32)
    search = UnitSearch(signals, searched, shifts=shifts, seed=seed)
    done = 0
    for some in activations_of(
        trained.model, trained.params, watched.streams, kernels.choose_kernels()
    ):
        for value, tally in tallies.items():
            numbers = some.of(value)
            if not np.isfinite(numbers).all():
                raise too_large(trained)
            tally.add(numbers)
        if find:
            search.add(some)
        done += len(some.at)
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
