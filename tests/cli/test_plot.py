"""charrnn plot: curves in the terminal, as pictures and as JSON."""

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from charrnn import api
from charrnn.studies.curves.panels import Shown, make_sheet
from charrnn.studies.curves.picture import draw_curves

CONFIG = """\
data: {path: text.txt, split: [0.8, 0.1, 0.1]}
model: {cell: gru, hidden_size: 8, num_layers: 1}
train: {batch_size: 4, seq_length: 16, max_epochs: null, max_steps: 20, eval_every: 5}
output: {dir: run, sample_every: 10}
"""
TEXT = "the cat sat on the mat; the dog sat on the log.\n" * 30


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, made once."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "text.txt").write_text(TEXT)
    given = [f"data.path={folder / 'text.txt'}", f"output.dir={folder / 'run'}"]
    for _ in api.train(api.parse_config(CONFIG, "config.yaml", given)):
        pass
    return folder / "run"


@pytest.fixture
def run(charrnn, trained: Path) -> Path:
    Path("config.yaml").write_text(CONFIG)
    Path("text.txt").write_text(TEXT)
    return Path(shutil.copytree(trained, "run"))


def shortened(run: Path, name: str, steps: int) -> None:
    """A run of this name, of fewer steps and without evaluations."""
    Path(name).mkdir(parents=True)
    lines = [line for line in lines_of(run) if line["event"] in ("start", "step")]
    text = "".join(json.dumps(line) + "\n" for line in lines[: steps + 1])
    Path(name, "metrics.jsonl").write_text(text)


def lines_of(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_json_is_what_the_record_says(charrnn, run: Path) -> None:
    ran = charrnn("plot", "run", "--json")
    assert (ran.code, ran.err) == (0, "")
    (told,) = json.loads(ran.out)["runs"]
    steps = [line for line in lines_of(run) if line["event"] == "step"]
    assert told["steps"] == [line["step"] for line in steps] == [*range(1, 21)]
    assert told["train"] == [line["loss"] for line in steps]
    assert told["grad_norm"] == [line["grad_norm"] for line in steps]
    assert told["validation"]["steps"] == [5, 10, 15, 20]
    assert told["test"]["step"] == 20
    assert [sample["step"] for sample in told["samples"]] == [10, 20]
    assert told["ended"] == "max_steps"
    # 4 tracks of 287 characters in 18 chunks: the epoch of the record counts 1152 characters
    assert told["characters"][0] == pytest.approx(1152 / 18, rel=0.01)


def test_json_has_null_and_no_nan(charrnn, run: Path) -> None:
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"event": "step", "step": 21, "loss": NaN}\n{"event": "st')
    ran = charrnn("plot", "run", "--json")
    (told,) = json.loads(ran.out, parse_constant=lambda name: pytest.fail(name))["runs"]
    assert told["train"][-1] is None
    assert told["minutes"][-1] == told["minutes"][-2]


def test_a_run_that_was_resumed_is_one_curve(charrnn, run: Path) -> None:
    shutil.rmtree(run)
    for steps in ("20", "30"):
        charrnn("train", "config.yaml", "--resume", "--max-steps", steps, "--quiet")
    (told,) = json.loads(charrnn("plot", "run", "--json").out)["runs"]
    assert told["steps"] == [*range(1, 31)]
    assert told["resumes"] == [20]
    assert told["validation"]["steps"] == [5, 10, 15, 20, 25, 30]


class TestInTheTerminal:
    @pytest.fixture(autouse=True)
    def _plotext(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("plotext")
        monkeypatch.setenv("COLUMNS", "60")
        monkeypatch.setenv("LINES", "30")

    def test_a_pipe_gets_plain_lines_as_wide_as_it_may_be(self, charrnn, run: Path) -> None:
        ran = charrnn("plot", "run", "--panels", "loss,rate")
        assert (ran.code, ran.err) == (0, "")
        assert "\x1b" not in ran.out
        lines = ran.out.splitlines()
        assert max(map(len, lines)) == 60
        ends = [k for k, line in enumerate(lines) if line.strip() == "steps"]
        assert len(ends) == 2
        assert 21 <= ends[0] < 24
        assert 22 <= ends[1] - ends[0] <= 24
        assert len(lines) == ends[1] + 3
        assert lines[0].strip() == "loss, nats/char"
        assert lines[ends[0] + 1].strip() == "learning rate"
        rows = [k for k, line in enumerate(lines[: ends[0] - 2]) if "┤" in line]
        assert len({b - a for a, b in pairwise(rows)}) == 1  # even ticks
        assert "A" in "".join(lines[1:20])
        best = min(line["loss"] for line in lines_of(run) if line.get("split") == "val")
        assert re.match(rf"A  run +20 +\d\.\d{{4}} +{best:.4f} ", lines[-1])

    def test_runs_are_told_apart_without_colours(self, charrnn, run: Path) -> None:
        shortened(run, "b/run", 12)
        out = charrnn("plot", "run", "b/run", "--by", "characters", "--bits").out
        picture, key = out[: out.index("characters read")], out.splitlines()[-2:]
        assert "a" in picture
        assert "b" in picture
        assert [line.split()[:3] for line in key] == [
            ["A", key[0].split()[1], "20"],
            ["B", "b/run", "12"],
        ]
        assert key[1].split()[4:] == ["-", "-", "bits/char"]

    @pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no pseudo-terminals")
    @pytest.mark.parametrize(("no_colour", "coloured"), [("", True), ("1", False)])
    def test_a_terminal_has_colours_unless_told(
        self, run: Path, monkeypatch: pytest.MonkeyPatch, no_colour: str, coloured: bool
    ) -> None:
        monkeypatch.setenv("NO_COLOR", no_colour)
        monkeypatch.setenv("TERM", "xterm")
        out = shown_in_a_terminal("plot", "run")
        assert ("\x1b[38;2;" in out) is coloured
        assert ("\x1b" in out) is coloured
        assert "nats/char" in out

    def test_without_plotext_it_is_one_line(self, charrnn, run: Path, monkeypatch) -> None:
        monkeypatch.setitem(sys.modules, "plotext", None)
        ran = charrnn("plot", "run")
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert "charrnn[terminal]" in ran.err


def shown_in_a_terminal(*arguments: str) -> str:
    """What a command writes where stdout is a terminal."""
    ours, its = os.openpty()
    process = subprocess.Popen([sys.executable, "-m", "charrnn", *arguments], stdout=its)
    os.close(its)
    parts = []
    try:
        while part := os.read(ours, 65536):
            parts.append(part)
    except OSError:  # how Linux says that nobody writes any more
        pass
    os.close(ours)
    assert process.wait() == 0
    return b"".join(parts).decode()


class TestPictures:
    @pytest.fixture(autouse=True)
    def _matplotlib(self) -> None:
        pytest.importorskip("matplotlib")

    def test_one_run_has_all_panels(self, charrnn, run: Path) -> None:
        ran = charrnn("plot", "run", "--out", "new/curves.svg", "--by", "minutes")
        assert (ran.code, ran.out, ran.err) == (0, "", "wrote new/curves.svg\n")
        words = re.findall(r"<!-- (.+?) -->", Path("new/curves.svg").read_text())
        for word in ("loss, nats/char", "learning rate", "gradient norm", "share clipped"):
            assert word in words
        assert "minutes of training" in words
        assert "run" in words
        assert any(word.startswith("validation, lowest ") for word in words)
        assert any(word.startswith("test ") for word in words)

    def test_several_runs_whatever_they_are_called(self, charrnn, run: Path) -> None:
        for name in ("$x_1$", "_hidden", "名前"):
            shortened(run, name, 3)
        ran = charrnn("plot", "run", "$x_1$", "_hidden", "名前", "--out", "runs.svg")
        assert (ran.code, ran.err) == (0, "wrote runs.svg\n")
        words = re.findall(r"<!-- (.+?) -->", Path("runs.svg").read_text(encoding="utf-8"))
        assert any("x_1" in word for word in words)
        assert any("_hidden" in word for word in words)
        assert "learning rate" not in words

    def test_a_legend_names_only_curves_that_there_are(self, charrnn, run: Path) -> None:
        shortened(run, "unjudged", 3)
        ran = charrnn("plot", "unjudged", "--out", "one.svg", "--panels", "loss")
        assert ran.code == 0, ran.err
        words = re.findall(r"<!-- (.+?) -->", Path("one.svg").read_text())
        assert any(word.startswith("training") for word in words)
        assert not any(word.startswith("validation") for word in words)

    def test_a_single_part_is_named_by_the_axis(self, run: Path) -> None:
        shown = [Shown(name, k, api.curves("run")) for k, name in enumerate("ab")]
        draw_curves(make_sheet(shown, parts=["validation"]), "both.svg")
        words = re.findall(r"<!-- (.+?) -->", Path("both.svg").read_text())
        assert "validation loss, nats/char" in words
        assert "validation" not in words
        assert {"a", "b"} <= set(words)

    @pytest.mark.parametrize("ending", ["png", "pdf", "PNG"])
    def test_the_ending_is_the_format(self, charrnn, run: Path, ending: str) -> None:
        assert charrnn("plot", "run", "--out", f"curves.{ending}", "--panels", "loss").code == 0
        start = Path(f"curves.{ending}").read_bytes()[:5]
        assert start == (b"%PDF-" if ending == "pdf" else b"\x89PNG\r")

    def test_a_loss_that_is_not_finite_is_marked(self, charrnn, run: Path) -> None:
        with (run / "metrics.jsonl").open("a") as file:
            accident = {"step": 21, "what": "the loss", "then": "stop", "now": 20}
            file.write(json.dumps({"event": "not_finite", **accident}) + "\n")
        assert charrnn("plot", "run", "--out", "curves.svg").code == 0
        assert "<!-- not finite -->" in Path("curves.svg").read_text()

    def test_the_folder_of_a_comparison_is_all_its_runs(self, charrnn, run: Path) -> None:
        for name in ("rnn", "gru"):
            shortened(run, f"both/{name}", 9)
        Path("both/compare.json").write_text(json.dumps(["gru", "rnn", "not begun"]))
        assert charrnn("plot", "both", "run", "--out", "all.svg").code == 0
        words = re.findall(r"<!-- (.+?) -->", Path("all.svg").read_text())
        assert {"rnn", "gru", "run", "training, smoothed", "validation", "test"} <= set(words)

    def test_without_matplotlib_it_is_one_line_before_any_training(
        self, charrnn, run: Path, monkeypatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
        for arguments in (("plot", "run", "--out"), ("compare", "config.yaml", "--plot")):
            ran = charrnn(*arguments, "curves.png")
            assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
            assert "charrnn[plot]" in ran.err
        assert not Path("runs").exists()

    @pytest.mark.parametrize("name", ["x.txt", "x", "text.txt/x.png", "folder.png"])
    def test_a_picture_that_cannot_be_is_refused_before_any_training(
        self, charrnn, run: Path, name: str
    ) -> None:
        Path("folder.png").mkdir()
        for arguments in (("plot", "run", "--out"), ("compare", "config.yaml", "--plot")):
            ran = charrnn(*arguments, name)
            assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
            assert name in ran.err
        assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none"], 3, "none: not a run: there is no such folder"),
        (["run/best.npz"], 3, "run/best.npz: not a run: it is not a folder"),
        (["empty"], 3, "empty: not a run: it has no metrics.jsonl"),
        (["run", "--panels", "loss,speed"], 2, "no panel is called 'speed'"),
        (["run", "--smooth", "1"], 2, "--smooth"),
        (["new", "--panels", "loss"], 2, "no run has a loss yet"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(charrnn, run: Path, arguments, code, said) -> None:
    for name in ("empty", "new"):
        Path(name).mkdir()
    Path("new/metrics.jsonl").write_text('{"event": "start"}\n')
    ran = charrnn("plot", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert said in ran.err
