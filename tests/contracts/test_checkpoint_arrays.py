"""A checkpoint whose arrays are not what its header says, or not those of its model, is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn import api
from charrnn.storage.archive import PREAMBLE
from tests.saved import contents, forge, listing, save
from tests.strangers import REMOVED, changed, cheaply, members_of, refusal
from tests.zips import Member, npy, zip_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return save(tmp_path / "some.npz")


DESCRIPTIONS = {
    "shape": [[[2, 2], [4], [8, 1], [-8], [8.0], ["8"], [True], [10**400], 8, None, "8", {}], ""],
    "dimensions": [[[1, 1, 8], [[8]], [2**53]], ""],
    "dtype": [["float64", "float16", "<f4", "object", "O", "int32", 7, None, ["float32"]], ""],
    "sha256": [["0" * 64, "", None, 7, "x" * 64, "A" * 64], ""],
}
LIES = [(key if key in ("dtype", "sha256") else "shape", v)
        for key, (values, _) in DESCRIPTIONS.items() for v in values]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), [*LIES, *((k, REMOVED) for k in ("shape", "dtype"))])
def test_an_array_that_is_not_as_described_is_refused(path: Path, key: str, value: Any) -> None:
    changed(path, value, "arrays", "params/layers.0.b", key)
    with cheaply():
        refusal(path)


@pytest.mark.parametrize("value", [None, [], "x", {"shape": [8]}, {"more": 1}])
def test_a_description_of_another_kind_is_refused(path: Path, value: Any) -> None:
    changed(path, value, "arrays", "params/layers.0.b")
    refusal(path)


def as_it_is(a: np.ndarray) -> np.ndarray:
    return a


ARRAYS: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray | None], str]] = {
    "shape": ("params/layers.0.Wh", lambda a: a.T, "has shape (8, 2)"),
    "length": ("params/head.by", lambda a: a[1:], "has shape (4,)"),
    "nothing": ("params/head.by", lambda a: a[:0], "has shape (0,)"),
    "scalar": ("state/0/0", lambda a: a[0, 0].reshape(()), "state/0/0"),
    "vector": ("state/0/0", lambda a: a[0], "state/0/0"),
    "tracks": ("state/0/0", lambda a: a[:1], "state/0/1"),
    "dtype": ("params/head.by", lambda a: a.astype(np.float64), "is float64"),
    "all of another": ("slots/m/head.by", lambda a: a.astype(np.float64), "is float64"),
    "nan": ("params/head.by", lambda a: a * np.nan, "not finite"),
    "inf": ("slots/v/head.by", lambda a: a + np.inf, "not finite"),
    "negative": ("slots/v/head.by", lambda a: -a, "squares that are negative"),
    "missing": ("params/head.by", lambda a: None, "'params/head.by' is missing"),
    "missing slot": ("slots/v/layers.0.b", lambda a: None, "'slots/v/layers.0.b' is missing"),
    "missing best": ("best/head.Wy", lambda a: None, "'best/head.Wy' is missing"),
    "missing state": ("state/0/1", lambda a: None, "'state/0/1' is missing"),
    "extra": ("params/evil", as_it_is, "'params/evil' is there"),
    "path": ("../../etc/cron.d/x", as_it_is, "'../../etc/cron.d/x' is there"),
    "root": ("/etc/passwd", as_it_is, "'/etc/passwd' is there"),
    "escape": ("\x1b]0;evil\x07\n", as_it_is, "is there"),
    "long": ("x" * 60_000, as_it_is, "array 'xxx"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays_that_are_not_the_models_are_refused(path: Path, case: str) -> None:
    name, change, said = ARRAYS[case]
    header, arrays = contents(path)
    new = change(arrays.get(name, np.zeros(3, np.float32)))
    if new is None:
        del arrays[name]
    else:
        arrays[name] = new
    forge(path, header | {"arrays": listing(arrays)}, arrays)
    assert said in refusal(path)


def test_no_arrays_at_all_are_refused(path: Path) -> None:
    header, _ = contents(path)
    forge(path, header | {"arrays": {}}, {})
    assert "1 layers; it has 0 arrays" in refusal(path)


def test_arrays_in_another_order_are_refused(path: Path) -> None:
    header, arrays = contents(path)
    forge(path, header, dict(reversed(arrays.items())))
    assert "not the ones that its header lists" in refusal(path)


def test_two_arrays_that_changed_places_are_refused(path: Path) -> None:
    header, arrays = contents(path)
    one, other = "params/head.by", "best/head.by"
    assert arrays[one].tobytes() != arrays["slots/m/head.by"].tobytes()
    arrays[one], arrays[other] = arrays["slots/m/head.by"], arrays[one]
    forge(path, header, arrays)
    assert "does not match its SHA-256 in the header" in refusal(path)


OTHERWISE = {
    "big-endian": ("'>f4'", False, "(2, 8)"),
    "by columns": ("'<f4'", True, "(2, 8)"),
    "integers": ("'<i4'", False, "(2, 8)"),
    "turned": ("'<f4'", False, "(8, 2)"),
    "a name": ("[('x', '<f4')]", False, "(2, 8)"),
    "code": ("__import__('os').abort()", False, "(2, 8)"),
}


@pytest.mark.parametrize("case", OTHERWISE)
def test_numbers_that_are_to_be_read_otherwise_are_refused(path: Path, case: str) -> None:
    members, name = members_of(path), b"params/layers.0.Wh.npy"
    dtype, by_columns, shape = OTHERWISE[case]
    words = f"{{'descr': {dtype}, 'fortran_order': {by_columns}, 'shape': {shape}, }}"
    members[name] = npy(words, members[name][PREAMBLE:])
    path.write_bytes(zip_of([Member(n, data) for n, data in members.items()]))
    assert "is not float32 of shape (2, 8)" in refusal(path)


def test_weights_that_predict_nothing_are_refused(path: Path, tmp_path: Path) -> None:
    header, arrays = contents(path)
    for name in arrays:
        if name.startswith("params/"):
            arrays[name] = np.full_like(arrays[name], 3e38)
    forge(path, header | {"arrays": listing(arrays)}, arrays)
    (tmp_path / "text.txt").write_text("abacabadabacaba" * 500)
    trained = api.load(path)
    said = "its weights are too large"
    assert said in refusal(path, lambda _: api.sample(trained, api.Request(count=3)))
    assert said in refusal(path, lambda _: api.score(trained, [str(tmp_path / "text.txt")]))
