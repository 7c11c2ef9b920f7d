"""A network that has to know whether it is inside quotes or brackets has units that know it.

Outside words are divided by blanks, in quotes by underscores and in brackets by points; letters are
alike everywhere, so that only what is remembered tells where a word is.
"""

import json
import random
import re
from base64 import b64decode
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn import api
from charrnn.errors import CheckpointError, UsageError
from charrnn.storage import machine
from charrnn.studies.units.maths import Value
from charrnn.studies.units.page import packed_values, units_page
from charrnn.studies.units.signals import SIGNALS, signals_of
from charrnn.studies.units.utf8 import characters_of
from charrnn.studies.units.watched import AFTER, BEFORE
from charrnn.text.vocab import Vocabulary
from tests.saved import TEXT, save

CONFIG = """\
data: {{path: {folder}/train.txt}}
model: {{cell: {cell}, hidden_size: 48, num_layers: 1}}
optimizer: {{name: adam, learning_rate: 0.01}}
schedule: cosine
train: {{batch_size: 32, seq_length: 40, max_steps: 600, eval_every: 1000}}
output: {{dir: {folder}/run}}
"""


def made(characters: int, seed: int) -> str:
    """Runs of words, some of them in quotes and some in brackets."""
    rng = random.Random(seed)
    pieces: list[str] = []
    while sum(map(len, pieces)) < characters:
        words = [
            "".join(rng.choices("abcdefgh", k=rng.randint(1, 4))) for _ in range(rng.randint(2, 8))
        ]
        kind = rng.choice([" ", "_", "."])
        run = kind.join(words)
        pieces.append({" ": run, "_": f'"{run}"', ".": f"({run})"}[kind] + " ")
    return "".join(pieces)


@pytest.fixture(scope="module", params=["lstm", "gru"])
def watched(request, tmp_path_factory) -> api.Watched:
    """A model that was trained for a second or two, and a text that it has not seen."""
    folder = tmp_path_factory.mktemp("quotes")
    (folder / "train.txt").write_text(made(60_000, 1), encoding="utf-8")
    (folder / "new.txt").write_text(made(20_000, 2), encoding="utf-8")
    config = api.parse_config(CONFIG.format(folder=folder, cell=request.param), "made.yaml", [])
    for _ in api.train(config):
        pass
    return api.watch(api.load(folder / "run"), [str(folder / "new.txt")])


def test_units_for_quotes_and_brackets_are_found(watched: api.Watched) -> None:
    found = {one.signal: one for one in api.survey_units(watched, find=True).found}
    for signal in ("double quotes", "parentheses", "bracket depth"):
        one = found[signal]
        assert abs(one.held_out) > 0.8, one
        assert one.p == 1 / 200
        values = api.watch_unit(watched, one.unit).values
        half = len(values) // 2
        expected = np.corrcoef(values[half:], SIGNALS[signal].of(watched.text)[half:])[0, 1]
        assert one.held_out == pytest.approx(expected, abs=1e-4)
    # There are no lines to know anything of: what seems to go with them is chance.
    assert found["position in line"].p > 0.05


def test_gates_are_searched_if_asked(watched: api.Watched) -> None:
    alone = api.survey_units(watched, find=True)
    both = api.survey_units(watched, find=True, gates=True)
    assert {one.unit.what for one in alone.found} <= {"h", "c"}
    for one, with_gates in zip(alone.found, both.found, strict=True):
        assert abs(with_gates.correlation) >= abs(one.correlation) - 1e-6
    assert {one.unit.what for one in both.found} - {"h", "c"}


def test_what_is_summed_up_is_what_units_do(watched: api.Watched) -> None:
    survey, values = api.survey_units(watched), api.activations(watched)
    assert survey.found == survey.constant == ()
    assert {one.value for one in survey.distributions} == set(values)
    for one in survey.distributions:
        np.testing.assert_allclose(one.means, values[one.value].mean(axis=0), atol=1e-4)
        if one.value.name not in "hcgn":
            np.testing.assert_allclose(one.left, (values[one.value] < 0.1).mean(axis=0), atol=1e-9)
    spreads = values[Value(0, "h")].std(axis=0)
    first, *others = survey.liveliest()
    assert first == api.UnitName(0, int(spreads.argmax()), "h")
    assert len(others) == 47


def test_contexts_are_where_a_unit_is_extreme(watched: api.Watched) -> None:
    unit = api.watch_unit(watched, api.UnitName(0, 5))
    highest, lowest = unit.highest(), unit.lowest(3)
    assert highest[0].value == unit.values.max()
    assert lowest[0].value == unit.values.min()
    assert (len(highest), len(lowest)) == (5, 3)
    for one in (*highest, *lowest):
        assert watched.text[one.place] == one.symbol
        assert watched.text.index(one.before + one.symbol + one.after) <= one.place
        assert unit.values[one.place] == pytest.approx(one.value)


def test_part_of_a_text(watched: api.Watched) -> None:
    few = watched.first(5000)
    assert (len(few.ids), few.total) == (5000, watched.total)
    for value, numbers in api.activations(few, [Value(0, "h")]).items():
        whole = api.activations(watched, [value])[value]
        np.testing.assert_allclose(numbers, whole[:5000], rtol=1e-4, atol=1e-4)
    assert watched.first(10**9) is watched


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


def test_records_are_read_each_from_its_beginning(small: Path) -> None:
    trained = api.load(save(small / "run.npz", r'data.records="\n"'))
    watched = api.watch(trained, ["text.txt"])
    line = "\n" + TEXT.splitlines()[0]
    assert watched.text == line * 8
    assert watched.total == len(line) * 8
    assert api.watch(trained, ["text.txt"], 20).text == (line * 8)[:20]
    (numbers,) = api.activations(watched, [Value(0, "c")]).values()
    np.testing.assert_allclose(numbers, np.tile(numbers[: len(line)], (8, 1)), rtol=1e-6)


def test_signals_begin_anew_with_every_record(small: Path) -> None:
    text = 'a(b"cd\nab\nc)d"\n'
    (small / "text.txt").write_text(text)
    trained = api.load(save(small / "run.npz", r'data.records="\n"', "data.min_count=2"))
    trained = replace(trained, vocabulary=Vocabulary("char", tuple(sorted(map(ord, set(text))))))
    watched = api.watch(trained, ["text.txt"])
    assert watched.text == '\na(b"cd\nab\nc)d"'
    parentheses = watched.signals[list(SIGNALS).index("parentheses")]
    assert parentheses.astype(int).tolist() == [0, 0, 1, 1, 1, 1, 1] + 8 * [0]
    records = ['\na(b"cd', "\nab", '\nc)d"']
    expected = np.concatenate([signals_of(one) for one in records], axis=1)
    np.testing.assert_array_equal(watched.signals, expected)
    np.testing.assert_array_equal(
        watched.first(9).signals, np.concatenate([expected[:, :7], signals_of("\na")], axis=1)
    )


def test_signals_of_a_text_run_through_it(small: Path) -> None:
    """Stretches are read side by side, but a bracket that is open at their edge stays open."""
    (small / "text.txt").write_text("(" + "a" * 9000 + "\n")
    trained = api.load(save(small / "run.npz"))
    trained = replace(trained, vocabulary=Vocabulary("char", tuple(b"\n(a")))
    watched = api.watch(trained, ["text.txt"])
    assert sum(stream.tracks for stream in watched.streams) > 1
    np.testing.assert_array_equal(watched.signals, signals_of(watched.text))


def test_signals_of_bytes_are_those_of_their_characters(small: Path) -> None:
    text = "über Ål 漢 “x” 😀é."
    raw = text.encode() + b"\xff\xc3(" + "é".encode()[:1]
    (small / "text.txt").write_bytes(raw)
    trained = api.load(save(small / "run.npz", "data.level=byte"))
    known = Vocabulary("byte", tuple(sorted(set(raw) - {ord("b")})), has_unk=True)
    watched = api.watch(replace(trained, vocabulary=known), ["text.txt"])
    of_characters = signals_of(text.replace("b", "\ufffd") + "\ufffd\ufffd(\ufffd")
    sizes = [*(len(c.encode()) for c in text), 1, 1, 1, 1]
    np.testing.assert_array_equal(watched.signals, np.repeat(of_characters, sizes, axis=1))
    capitals = watched.signals[list(SIGNALS).index("capitalised word")]
    assert capitals.astype(int).tolist() == [0] * 6 + [1] * 3 + [0] * (len(raw) - 9)


@given(st.binary(max_size=30) | st.text(max_size=20).map(str.encode))
def test_bytes_as_characters(raw: bytes) -> None:
    text, sizes = characters_of(raw)
    assert len(text) == len(sizes)
    assert sizes.sum() == len(raw)
    ends = np.cumsum(sizes).tolist()
    for c, size, end in zip(text, sizes.tolist(), ends, strict=True):
        assert c == "\ufffd" or c.encode() == raw[end - size : end]
    try:
        assert text == raw.decode()
    except UnicodeDecodeError:
        assert "\ufffd" in text


def test_bytes_are_shown_as_bytes(small: Path) -> None:
    trained = api.load(save(small / "run.npz", "data.level=byte"))
    watched = api.watch(trained, ["text.txt"])
    assert watched.text == TEXT
    assert api.survey_units(watched, find=True).found


def test_a_search_that_does_not_fit_is_refused(small: Path, monkeypatch) -> None:
    watched = api.watch(api.load(save(small / "run.npz")), ["text.txt"])
    monkeypatch.setattr(machine, "available_memory", lambda: 100_000)
    with pytest.raises(UsageError, match=r"this needs about .* MiB of memory.*`gates`"):
        api.survey_units(watched, find=True, gates=True)
    api.survey_units(watched)


def test_the_surest_unit_is_that_of_the_largest_correlation_of_any_sign(small: Path) -> None:
    survey = api.survey_units(api.watch(api.load(save(small / "run.npz")), ["text.txt"]))
    names = [api.UnitName(0, unit) for unit in (0, 1, 2)]
    rs = (0.5, -0.7, 0.1)
    found = tuple(api.FoundUnit("x", n, 0.9, r, 0.5) for n, r in zip(names, rs, strict=True))
    assert replace(survey, found=found).surest == names[1]
    assert survey.surest == survey.liveliest()[0]


def test_contexts_do_not_overlap(watched: api.Watched) -> None:
    """Not even where a unit is high all the time, but for a peak in each."""
    values = np.ones(len(watched.text), np.float32)
    for contexts in (
        api.WatchedUnit(api.UnitName(0, 0), watched.text, values, (-1, 1)).highest(9),
        api.watch_unit(watched, api.UnitName(0, 5)).highest(40),
    ):
        places = sorted(one.place for one in contexts)
        assert len(places) in (9, 40)
        for place, after in pairwise(places):
            assert place + AFTER < after - BEFORE


def numbers_of(page: str) -> dict[str, Any]:
    """What a page holds for its scripts."""
    (data,) = re.findall(r'<script type="application/json" id="data">(.*)</script>', page)
    return json.loads(data)


def test_a_page_has_the_values(watched: api.Watched) -> None:
    chars = 3000
    page = units_page(watched, api.survey_units(watched), chars=chars, first=None)
    data, all_values = numbers_of(page), api.activations(watched.first(chars))
    assert [one["unit"] for one in data["kept"]] == list(range(48))
    for one in data["kept"]:
        assert set(one["values"]) == set(watched.names(0))
        for name, packed in one["values"].items():
            values = all_values[Value(0, name)][:, one["unit"]].astype(float)
            codes = np.frombuffer(b64decode(packed["base64"]), np.uint8)
            step = (packed["high"] - packed["low"]) / 255
            assert np.abs(packed["low"] + codes * step - values).max() <= step / 2 + 1e-6
            most = np.abs(values).max()
            ends = [0, 1] if name in "ifogrz" and name != "g" else [-most, most]
            assert packed["ends"] == pytest.approx(ends, rel=1e-5)


@pytest.mark.parametrize("size", [1e-9, 1e-40])
def test_a_page_of_a_unit_that_hardly_moves_has_a_scale(size: float) -> None:
    values = np.float32(size) * np.array([-0.5, 0.1, 1], np.float32)
    low, high = packed_values(values, (-1.0, 1.0))["ends"]
    assert -low == high == pytest.approx(float(values[2]), rel=1e-6)


def test_what_there_is_not(small: Path) -> None:
    watched = api.watch(api.load(save(small / "run.npz")), ["text.txt"])
    for name, layer, what, said in [
        ("0:2", None, "h", "there is no unit 2; layer 0 has units 0 to 1"),
        ("1:0", None, "h", "there is no layer 1; the network has layer 0 alone"),
        ("0:0", None, "z", "a unit of this lstm has no 'z'; it has h, c, i, f, o, g"),
        ("x", None, "h", "unit x: expected LAYER:UNIT, as in 0:37; both count from 0"),
        ("0:-1", None, "h", "unit 0:-1: expected LAYER:UNIT, as in 0:37; both count from 0"),
        ("0:1", 1, "h", "unit 0:1 is not in layer 1"),
        ("1", 7, "h", "there is no layer 7; the network has layer 0 alone"),
    ]:
        with pytest.raises(UsageError) as raised:
            api.unit_named(watched, name, layer, what)
        assert str(raised.value) == said
    assert api.unit_named(watched, "1", None, "c") == (0, 1, "c")
    with pytest.raises(UsageError, match="no layer 3"):
        api.survey_units(watched, layers=[3])


def test_two_layers_need_a_layer(small: Path) -> None:
    watched = api.watch(api.load(save(small / "run.npz", "model.num_layers=2")), ["text.txt"])
    with pytest.raises(UsageError, match="which layer"):
        api.unit_named(watched, "1", None, "h")
    assert api.unit_named(watched, "1", 1, "f") == (1, 1, "f")
    survey = api.survey_units(watched, layers=[1])
    assert {one.value.layer for one in survey.distributions} == {1}


def test_weights_that_are_too_large_are_refused(small: Path) -> None:
    trained = api.load(save(small / "run.npz"))
    trained.params["layers.0.Wh"][...] = np.inf
    trained.params["layers.0.Wh"][0] = -np.inf
    watched = api.watch(trained, ["text.txt"])
    for look in (api.survey_units, api.activations):
        with pytest.raises(CheckpointError, match="its activations are not finite"):
            look(watched)
