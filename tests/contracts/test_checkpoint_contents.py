"""A checkpoint whose config, vocabulary and arrays are not of one model is refused, cheaply."""

from pathlib import Path

import pytest

from charrnn import api
from tests.saved import contents, save
from tests.strangers import MIB, changed, cheaply, refusal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return save(tmp_path / "some.npz")


CONFIGS = {
    "hidden_size": [("model", "hidden_size"), 10**9, "array 'params/layers.0.Wx'"],
    "no hidden_size": [("model", "hidden_size"), 0, "model.hidden_size"],
    "huge": [("model", "hidden_size"), 10**400, "model.hidden_size"],
    "num_layers": [("model", "num_layers"), 10**9, "model.num_layers"],
    "a thousand layers": [("model", "num_layers"), 1000, "1000 layers"],
    "two layers": [("model", "num_layers"), 2, "array 'params/layers.1.Wx' is missing"],
    "embedding_size": [("model", "embedding_size"), 10**12, "array 'params/embedding' is missing"],
    "cell": [("model", "cell"), {"name": "gru"}, "array 'params/layers.0.Wx'"],
    "no cell": [("model", "cell"), {"name": "os.system"}, "model.cell"],
    "peephole": [("model", "cell"), {"name": "lstm", "peephole": True}, "is missing"],
    "dtype": [("train", "dtype"), "float64", "is float32; the config in it says float64"],
    "no dtype": [("train", "dtype"), "object", "train.dtype"],
    "average": [("train", "average"), 0.5, "array 'raw/layers.0.Wx' is missing"],
    "optimizer": [("optimizer",), {"name": "sgd"}, "array 'slots/m/layers.0.Wx' is there"],
    "momentum": [("optimizer",), {"name": "momentum"}, "array 'slots/m/layers.0.Wx' is there"],
    "level": [("data", "level"), "byte", "its vocabulary is of level char"],
    "records": [("data", "records"), "q", "lacks 'q'"],
    "surrogate": [("data", "records"), "\ud800", r"lacks '\ud800'"],
    "encoding": [("data", "encoding"), "idna", "data.encoding"],
    "codec": [("data", "encoding"), "rot13", "data.encoding"],
    "path": [("data", "path"), "a\nb\x1b[2J", "data.path"],
    "nan": [("model", "dropout"), float("nan"), "model.dropout"],
    "section": [("model",), 7, "model: found 7"],
    "unknown": [("model", "hiden_size"), 7, "model.hiden_size: unknown key"],
    "deep": [("model", "cell"), {"name": {"name": {"name": []}}}, "model.cell"],
    "long": [("data", "normalize"), "x" * MIB, "data.normalize"],
    "many keys": [("model",), {f"k{n}": n for n in range(50_000)}, "at most 1000 keys"],
}


@pytest.mark.parametrize("case", CONFIGS)
def test_a_config_that_is_not_of_these_arrays_is_refused(path: Path, case: str) -> None:
    keys, value, said = CONFIGS[case]
    changed(path, value, "config", *keys)
    with cheaply():
        assert said in refusal(path)


def test_a_config_with_many_faults_is_one_line(path: Path) -> None:
    changed(path, {"x\n": 1, "y": {}, "model": {"dropout": 7}}, "config")
    why = refusal(path)
    assert "model.dropout: found 7" in why or "unknown key" in why
    assert why.endswith("; and 2 more")


VOCABULARIES = {
    "another size": {"symbols": [10, 97]},
    "unk": {"unk": True},
    "twice": {"symbols": [10, 97, 98, 99, 99]},
    "unsorted": {"symbols": [97, 10, 98, 99, 100]},
    "texts": {"symbols": ["\n", "a", "b", "c", "d"]},
    "a text": {"symbols": "abcde"},
    "pairs": {"symbols": [[10], [97], [98], [99], [100]]},
    "floats": {"symbols": [10.0, 97.0, 98.0, 99.0, 100.0]},
    "none": {"symbols": []},
    "many": {"symbols": list(range(300_000))},
    "beyond": {"symbols": [10, 97, 98, 99, 0x110000]},
    "negative": {"symbols": [-1, 97, 98, 99, 100]},
    "nan": {"symbols": [10, 97, 98, 99, float("nan")]},
    "level": {"level": "word"},
    "bytes": {"level": "byte"},
    "format": {"format": 2},
}


@pytest.mark.parametrize("case", VOCABULARIES)
def test_a_vocabulary_that_is_none_or_another_is_refused(path: Path, case: str) -> None:
    header, _ = contents(path)
    changed(path, header["vocabulary"] | VOCABULARIES[case], "vocabulary")
    with cheaply():
        refusal(path)


def test_symbols_of_all_kinds_load_and_can_be_sampled(path: Path) -> None:
    """A lone surrogate is no character, but a text can hold one, and no stream is broken by it."""
    symbols = [0, 27, 0x202E, 0xD800, 0x10FFFF]
    changed(path, symbols, "vocabulary", "symbols")
    (sample,) = api.sample(api.load(path), api.Request(length=100))
    assert set(map(ord, sample.text)) <= set(symbols)
