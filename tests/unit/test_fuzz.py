"""The targets of scripts/fuzz.py, fed by hypothesis; the script looks longer, and by coverage."""

import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.grid import examples

SCRIPTS = Path(__file__).parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
import fuzz  # noqa: E402
import fuzz_targets  # noqa: E402

sys.path.remove(str(SCRIPTS))

FEW = settings(examples(120), suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHARRNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CHARRNN_KERNELS", "numpy")
    monkeypatch.setattr(fuzz_targets.os, "fsync", lambda _: None)
    for module, name in ((fuzz_targets.read, "BLOCK"), (fuzz_targets.encoded, "SHORT")):
        monkeypatch.setattr(module, name, getattr(module, name))  # the targets change them
    return tmp_path


@pytest.fixture(autouse=True)
def _warnings_are_findings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


WORDS = {target: st.sampled_from(fuzz.dictionary(target)) for target in ("config", "text")}
SEEDS = {target: [*fuzz.seeds(target)] for target in ("config", "text")}


@st.composite
def mutated(draw: st.DrawFn, target: str) -> bytes:
    """A seed with pieces of it cut out, and words put in."""
    data = draw(st.sampled_from(SEEDS[target]))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        end = draw(st.integers(at, min(len(data), at + 20)))
        data = data[:at] + draw(WORDS[target] | st.binary(max_size=3)) + data[end:]
    return data


@FEW
@given(data=st.binary(max_size=200) | mutated("config"))
@example(b"\xfftrain.seed=1\xff\xfe\xff=")
@example(b"model: {cell: {forget_bias: 1e308}, hidden_size: 3}")
@example(b"train: {max_epochs: 1e308}\nmodel: {hidden_size: 3}")
@example(b"model: {hidden_size: 9223372036854775807, num_layers: 1000}")
@example(b"train: {batch_size: 9223372036854775807, seq_length: 9223372036854775807}")
def test_any_bytes_are_a_config_or_a_config_error(folder: Path, data: bytes) -> None:
    fuzz_targets.config(data, folder)


@FEW
@given(data=st.binary(max_size=200) | mutated("text"))
@example(b"\x01\x01\x00\x00\x00no mark of UTF-16")
@example(b"\x01\x00\x01\x00\x00\xed\xa0\x80\xed\xb0\x80")
@example(b"\x01\x00\x80\x40\x01" + b"a" * 50)
@example(b"\x03\x00\x03\x05\x00" + "e\u0301\n".encode() * 5)
def test_any_bytes_are_a_text_or_a_data_error(folder: Path, data: bytes) -> None:
    fuzz_targets.text(data, folder)


@pytest.mark.parametrize("target", ["config", "text"])
def test_the_seeds_are_well_formed(folder: Path, target: str, monkeypatch) -> None:
    def told(error: Exception) -> None:
        raise AssertionError(error)

    monkeypatch.setattr(fuzz_targets, "_check_error", told)
    for seed in SEEDS[target][-3:]:
        getattr(fuzz_targets, target)(seed, folder)


def test_without_atheris_the_script_says_what_to_do(monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "atheris", None)
    monkeypatch.setattr(sys, "argv", ["fuzz.py", "config"])
    assert fuzz.main() == 2
    assert capsys.readouterr().err == "error: fuzzing needs atheris: pip install atheris\n"
