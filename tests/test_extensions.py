"""CONTRIBUTING's table of extensions, executed: one toy of each kind, registered in one table each.

A toy that any part of the program does not know is the sign of a second table.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from charrnn import api
from charrnn.listeners.metrics import Metrics, read_events
from charrnn.nn.cells.base import meaning_of
from charrnn.studies.play.bars import Canvas
from charrnn.studies.play.session import Session
from tests import toys

ROOT = Path(__file__).parents[1]
CONFIG = """\
data: {path: text.txt, split: [0.8, 0.1, 0.1]}
model: {cell: {name: mgu, layer_norm: true}, init: coins, hidden_size: 6, num_layers: 2}
optimizer: {name: signum, learning_rate: 0.02}
schedule: {name: falling, end: 0.5}
train: {batch_size: 4, seq_length: 8, max_epochs: null, max_steps: 8, eval_every: 4}
output: {dir: run, sample_every: 4}
"""
TEXT = "the cat sat on the mat; a bee saw the moon.\n" * 40


@pytest.fixture(scope="module")
def _registered() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for table, name, toy in toys.TOYS:
            patch.setitem(table, name, toy)
        yield


@pytest.fixture(scope="module")
def finished(_registered: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a text, a config of toys, and a run of eight steps."""
    folder = tmp_path_factory.mktemp("toys")
    (folder / "text.txt").write_text(TEXT)
    (folder / "toys.yaml").write_text(CONFIG)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("CHARRNN_KERNELS", "auto")
        for _ in api.train(api.load_config("toys.yaml")):
            pass
    return folder


@pytest.fixture
def toy(charrnn: Callable, finished: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """The command line in a copy of that folder. It fails on any error."""
    shutil.copytree(finished, Path.cwd(), dirs_exist_ok=True)
    monkeypatch.setenv("CHARRNN_KERNELS", "auto")

    def run(*arguments: str) -> str:
        ran = charrnn(*arguments)
        assert ran.code == 0, ran.err
        return ran.out

    return run


def record(run: str = "run") -> list[dict]:
    return [json.loads(line) for line in Path(run, "metrics.jsonl").read_text().splitlines()]


def test_config_files_have_them(toy) -> None:
    assert toy("config", "check", "toys.yaml") == "toys.yaml: ok\n"
    shown = toy("config", "show", "toys.yaml")
    for words in (
        "name: mgu",
        "name: coins",
        "scale: 0.3",
        "name: signum",
        "beta: 0.5",
        "end: 0.5",
    ):
        assert words in shown
    started = toy("config", "init")
    for words in ("mgu", "coins", "signum", "falling"):
        assert words in started


def test_the_schema_of_config_files_has_them(toy) -> None:
    sections = json.loads(toy("config", "schema"))["properties"]
    model = sections["model"]["properties"]
    for key, name, option in (
        (model["cell"], "mgu", "layer_norm"),
        (model["init"], "coins", "scale"),
        (sections["optimizer"], "signum", "beta"),
        (sections["schedule"], "falling", "end"),
    ):
        names, *forms = key["oneOf"]
        assert name in names["enum"]
        (form,) = [f for f in forms if f["properties"]["name"] == {"const": name}]
        assert option in form["properties"]


def test_a_wrong_option_is_refused_by_name(toy, charrnn) -> None:
    for override, words in (
        ("model.cell={name: mgu, layer_norm: 3}", "model.cell.layer_norm"),
        ("schedule={name: falling, end: 2}", "schedule.end"),
        ("optimizer=signom", "did you mean 'signum'?"),
    ):
        ran = charrnn("config", "check", "toys.yaml", "--set", override)
        assert ran.code == 2
        assert words in ran.err


def test_what_a_schedule_needs_is_asked_for(toy, charrnn) -> None:
    for override, words in (
        ("train.max_steps=null", "found falling, which depends on the length of the run"),
        ("data.split=[1, 0, 0]", "schedule: falling needs a validation part"),
    ):
        ran = charrnn("train", "toys.yaml", "--out", "other", "--set", override)
        assert ran.code == 2
        assert words in ran.err


def test_the_network_has_true_gradients(toy) -> None:
    assert json.loads(toy("gradcheck", "toys.yaml", "--json"))["ok"]


def test_a_run_is_trained_by_them(toy) -> None:
    start, *_ = record()
    assert start["network"] == "mgu 2x6 (layer norm)"
    assert start["kernels"] == "mirrored"
    rates = [line["learning_rate"] for line in record() if line["event"] == "step"]
    assert rates == pytest.approx([0.02 * (1 - 0.5 * (k + 0.5) / 8) for k in range(8)])
    assert type(api.load("run").model.cells[0]) is toys.Mgu


def test_a_resumed_run_is_the_run_that_was_never_interrupted(toy) -> None:
    steady = ("--set", "schedule.end=1", "--quiet")
    toy("train", "toys.yaml", *steady, "--out", "whole")
    toy("train", "toys.yaml", *steady, "--out", "parts", "--max-steps", "3")
    toy("train", "toys.yaml", *steady, "--out", "parts", "--resume")
    whole, parts = api.load("whole/last.npz"), api.load("parts/last.npz")
    np.testing.assert_array_equal(whole.params.flat, parts.params.flat)


def test_an_event_is_recorded_read_and_rewound(toy) -> None:
    metrics = Metrics(Path("run/metrics.jsonl"))
    for step in (8, 9):
        metrics(toys.Yawned(step, 1 / 3))
    metrics.close()
    assert record()[-1] == {"event": "yawn", "step": 9, "width": 0.33}
    toy("report", "run", "--quiet")
    toy("train", "toys.yaml", "--max-steps", "10", "--resume", "--quiet")
    yawns = [e for e in read_events(metrics.path) if isinstance(e, toys.Yawned)]
    assert yawns == [toys.Yawned(8, 0.33)]


def test_the_filter_is_an_option_an_argument_and_a_setting(toy) -> None:
    assert "--min-p P" in toy("sample", "--help")
    sure = toy("sample", "run", "--prime", "the ", "-n", "20", "--min-p", "1")
    assert sure == toy("sample", "run", "--prime", "the ", "-n", "20", "--greedy")
    canvas = Canvas(columns=60, blocks=False, colour=False)
    session = Session(api.load("run"), api.Request(length=4, min_p=0.5), lambda: canvas, bars=False)
    assert session.prompt == "m 0.5  n 4> "
    session.answer(":m 0.1")
    assert "min-p" in session.answer(":show").drawn


def test_units_have_its_gates_by_name_and_meaning(toy) -> None:
    found = json.loads(toy("units", "run", "text.txt", "--find", "--gates", "--json"))
    values = [(one["layer"], one["name"]) for one in found["values"]]
    assert values == [(layer, name) for layer in (0, 1) for name in ("h", "f", "n")]
    assert "vowel" in [one["signal"] for one in found["found"]]
    shown = toy("units", "run", "text.txt", "--unit", "0:1", "--what", "f", "--chars", "50")
    assert "unit 0:1 f" in shown
    toy("units", "run", "text.txt", "--find", "--html", "units.html")
    page = Path("units.html").read_text(encoding="utf-8")
    for words in ("the one gate", "hidden state", "at a vowel"):
        assert words in page


def test_gradients_go_through_its_states_and_gates(toy) -> None:
    small = ("--lags", "5", "--positions", "3", "--chunks", "2")
    flow = json.loads(toy("gradients", "run", *small, "--json"))
    assert [(one["layer"], one["state"]) for one in flow["signals"]] == [(0, "h"), (1, "h")]
    gates = [(one["gate"], one["slope"]) for one in flow["spectra"]]
    assert gates == 2 * [("f", 0.25), ("n", 1.0)]
    pytest.importorskip("matplotlib")
    toy("gradients", "run", *small, "--plot", "flow.svg")
    assert "layer 1, h" in Path("flow.svg").read_text(encoding="utf-8")


def test_a_state_has_a_meaning() -> None:
    cell = SimpleNamespace(gates=(), states=("h", "m"))
    assert [meaning_of(cell, name) for name in cell.states] == ["hidden state", "state m"]


def test_recall_trains_the_cell_too(toy) -> None:
    curve = json.loads(toy("recall", "--after", "1", "--steps", "2", "--json"))
    assert "mgu" in [learner["cell"] for learner in curve["networks"]]


def test_the_report_has_its_section(toy) -> None:
    toy("report", "run", "--quiet")
    page = Path("run/report.html").read_text(encoding="utf-8")
    headings = re.findall("<h2>(.*?)</h2>", page)
    at = headings.index("What it doubles")
    assert headings[at - 1 : at + 2 : 2] == [
        "How far its gradients travel",
        "Speed and environment",
    ]
    assert "doubled characters of the validation part" in page
    report = api.report_of("run")
    assert report.missing == ()
    assert 0 < report.results["doubled"] < 1


def test_its_curves_are_drawn(toy) -> None:
    (run,) = json.loads(toy("plot", "run", "--json"))["runs"]
    assert run["parameters"] == api.load("run").params.flat.size


def test_the_command_is_listed_and_runs(toy) -> None:
    assert re.search(r"  sizes +Print the shape of every weight\.", toy("--help"))
    assert "charrnn sizes runs/quickstart" in toy("sizes", "--help")
    assert "layers.0.Wh 6x12\n" in toy("sizes", "run")


def test_every_command_has_help_among_them(toy) -> None:
    for name in toys.COMMANDS:
        assert f"Usage: charrnn {name} " in toy(name, "--help")


def test_a_public_name_is_there(toy) -> None:
    assert api.UnitSearch.__name__ == "UnitSearch"


def extensions() -> list[tuple[str, str, str]]:
    """The rows of the table: what, where, tested by."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text[text.index("\n## Where do I add ...") + 1 :].partition("\n## ")[0]
    rows = re.findall(r"^\| (.*?) \| (.*?) \|(.*?)\|$", section, re.MULTILINE)
    return [row for row in rows if row[0] not in ("what", "---")]


def test_every_path_of_the_table_exists() -> None:
    paths = [path for row in extensions() for path in re.findall(r"`([\w.-]+/[\w./-]*)`", str(row))]
    assert len(paths) > 50
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_table_of_names_has_a_toy() -> None:
    named = {name for _, where, _ in extensions() for name in re.findall("`([A-Z]{3,})`", where)}
    tables = [table for table, _, _ in toys.TOYS]
    assert named == {name for name, value in vars(toys).items() if any(value is t for t in tables)}


def promises() -> dict[str, set[str]]:
    """The contract tests that the table promises for each toy, by what the tests call it."""
    files = {
        name: set(re.findall(r"`(tests/(?:contracts|unit)/\w+\.py)`", tests))
        for _, where, tests in extensions()
        for name in re.findall("`([A-Z]{3,})`", where)
        if "asks for" not in tests
    }
    tables = {name: toy for table, toy, _ in toys.TOYS for name in files if in_toys(name, table)}
    return {"Mgu" if toy == "mgu" else toy: files[name] for name, toy in tables.items()}


def in_toys(name: str, table: dict) -> bool:
    return getattr(toys, name) is table


def test_the_contract_tests_of_the_table_are_passed_by_the_toys() -> None:
    """The toys are in their tables before pytest reads the files that the table promises."""
    promised = {toy: files for toy, files in promises().items() if files}
    chosen = f"({' or '.join(promised)}) and not (fast or kind_of_noise or Mgu-False)"  # for speed
    command = [sys.executable, "-m", "pytest", "-vv", "-p", "tests.toys", "-p", "no:cacheprovider"]
    command += ["-p", "no:xdist", "-k", chosen, *sorted(set().union(*promised.values()))]
    environment = {**os.environ, "CHARRNN_TESTS": ""}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    passed = [line for line in ran.stdout.splitlines() if "PASSED" in line]
    for toy, files in promised.items():
        assert any(toy in line and line.partition("::")[0] in files for line in passed), toy
