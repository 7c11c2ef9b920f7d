"""What units do is what the oracle says, of every cell, however a text is cut."""

import numpy as np
import pytest

from charrnn.nn import kernels
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.model import CharModel
from charrnn.studies.units.maths import (
    Value,
    activations_of,
    ends_of,
    names_of,
    range_of,
    record,
    values_of,
)
from charrnn.text.record_part import RecordPart
from charrnn.text.records import find_records
from charrnn.text.text_part import TextPart
from tests import naive
from tests.contracts.networks import EVERY_CELL, H, V, label, weights

each_cell = pytest.mark.parametrize("cell", EVERY_CELL, ids=label)
T = 9


def streams_of(ids, *, exact: bool = False):
    return TextPart(ids, np.arange(V)).streams(exact=exact, every=True)


def in_truth(model, p, ids, monkeypatch) -> dict[Value, np.ndarray]:
    """(T, H) a value, by the oracle; gates as its cells name them."""
    steps = []
    for kind in {type(naive.cell_for(cell)) for cell in model.cells}:

        def step(self, *arguments, plain=kind.step):
            new, cache = plain(self, *arguments)
            steps.append(cache)
            return new, cache

        monkeypatch.setattr(kind, "step", step)
    held = [[np.full((len(ids), 1, H), model.dropout.zoneout)] * len(c.states) for c in model.cells]
    masks = naive.Masks([None] * len(model.cells), held=held)
    x = ids[:, None]
    _, _, states = naive.loss_and_grads(model, p, x, x, masks=masks)
    found = {}
    for k, cell in enumerate(model.cells):
        for j, name in enumerate(cell.states):
            found[Value(k, name)] = np.stack([after[k][j][0] for after in states])
        for name, at in naive.cell_for(cell).gates.items():
            caches = steps[k :: len(model.cells)]
            found[Value(k, name)] = np.stack([cache[at] for cache in caches])
    return found


@each_cell
@pytest.mark.parametrize("embedding", ["one-hot", "tied"])
@pytest.mark.parametrize(
    "rates", [DropoutRates(), DropoutRates(hidden=0.4, zoneout=0.3)], ids=["", "zoneout"]
)
def test_every_value_is_the_oracles(cell, embedding: str, rates: DropoutRates, monkeypatch) -> None:
    tied = embedding == "tied"
    model = CharModel(V, (cell, cell), H if tied else 0, tied, rates, learn_initial_state=True)
    p, ids = weights(model), np.random.default_rng(3).integers(V, size=T)
    found = record(model, p, streams_of(ids), dict.fromkeys(values_of(model)))
    expected = in_truth(model, p, ids, monkeypatch)
    assert set(found) == set(expected)
    for value, numbers in found.items():
        assert numbers.dtype == np.float32
        np.testing.assert_allclose(numbers, expected[value], rtol=1e-6, atol=1e-7, err_msg=value)
        low, high = range_of(cell, value.name)
        if not model.learn_initial_state:
            assert low <= numbers.min() <= numbers.max() <= high


@each_cell
def test_every_value_is_in_its_range(cell) -> None:
    model = CharModel(V, (cell,))
    p, ids = weights(model), np.arange(50) % V
    p.flat *= 4
    for value, numbers in record(
        model, p, streams_of(ids), dict.fromkeys(values_of(model))
    ).items():
        low, high = range_of(cell, value.name)
        assert low <= numbers.min()
        assert numbers.max() <= high
        assert (low, high) in ((0, 1), (-1, 1), (-np.inf, np.inf))


@each_cell
@pytest.mark.parametrize("name", kernels.KERNELS)
def test_all_kernels_leave_the_values_on_the_tape(cell, name: str) -> None:
    if name not in kernels.installed():
        pytest.skip("needs charrnn[fast]")
    model = CharModel(V, (cell, cell))
    p, ids = weights(model, dtype=np.float32), np.arange(40) % V
    wanted = dict.fromkeys(values_of(model))
    plain = record(model, p, streams_of(ids), wanted)
    for value, numbers in record(
        model, p, streams_of(ids), wanted, kernels.KERNELS[name]()
    ).items():
        np.testing.assert_allclose(numbers, plain[value], rtol=1e-4, atol=1e-5)


def test_names() -> None:
    names = {type(cell).__name__: names_of(cell) for cell in EVERY_CELL}
    assert names == {
        "Rnn": ("h",),
        "Lstm": ("h", "c", "i", "f", "o", "g"),
        "Gru": ("h", "r", "z", "n"),
    }


def test_a_long_text_reads_as_in_one_pass() -> None:
    """Up to what the network has forgotten of what was before its warm-up."""
    model = CharModel(V, (EVERY_CELL[-1],) * 2)
    p, ids = weights(model), np.random.default_rng(5).integers(V, size=5000)
    (cut,) = streams_of(ids)
    assert (cut.starts - cut.begins).tolist() == [0, 512]
    wanted = dict.fromkeys(values_of(model, ["h"]))
    for value, numbers in record(model, p, [cut], wanted).items():
        expected = record(model, p, streams_of(ids, exact=True), wanted)[value]
        np.testing.assert_allclose(numbers, expected, rtol=1e-5, atol=1e-6)


def test_a_record_starts_from_the_initial_state() -> None:
    model = CharModel(V, (EVERY_CELL[0],), learn_initial_state=True)
    p, value = weights(model), Value(0, "h")
    end, rng = V - 1, np.random.default_rng(6)
    pieces = [np.append(end, rng.integers(V - 1, size=n)) for n in (3, 7, 1, 3, 90)]
    codes = np.append(np.concatenate(pieces), end)
    part = RecordPart(codes, np.arange(V), find_records(codes, end))
    values = record(model, p, part.streams(every=True), {value: None})[value]
    ends = np.cumsum([len(piece) for piece in pieces])
    for piece, numbers in zip(pieces, np.split(values, ends[:-1]), strict=True):
        alone = record(model, p, streams_of(piece), {value: None})[value]
        np.testing.assert_allclose(numbers, alone, rtol=1e-6, atol=1e-7)


def test_some_units_alone_and_how_far_it_is() -> None:
    model = CharModel(V, (EVERY_CELL[0],))
    p, ids, value = weights(model), np.arange(200) % V, Value(0, "h")
    told: list[tuple[int, int]] = []
    units = np.array([2, 0])
    found = record(model, p, streams_of(ids), {value: units}, on_progress=lambda *n: told.append(n))
    everything = record(model, p, streams_of(ids), {value: None})
    np.testing.assert_array_equal(found[value], everything[value][:, units])
    assert told[-1] == (200, 200)
    assert sum(len(some.at) for some in activations_of(model, p, streams_of(ids))) == 200


def test_the_ends_of_a_scale() -> None:
    assert ends_of((0.0, 1.0), np.array([0.2, 0.3])) == (0, 1)
    assert ends_of((-1.0, 1.0), np.array([-0.5, 0.25])) == (-0.5, 0.5)
    assert ends_of((-np.inf, np.inf), np.zeros(3)) == (-1, 1)
