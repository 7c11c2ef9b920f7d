"""charrnn compare: variants under one budget; what is done stays done."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.waiting import soon

CONFIG = """\
data: {path: text.txt, split: [0.8, 0.1, 0.1]}
model: {cell: lstm, hidden_size: 8, num_layers: 1}
train: {batch_size: 4, seq_length: 16, max_epochs: null, max_steps: 20, eval_every: 5}
output: {dir: run}
"""
TEXT = "the cat sat on the mat; the dog sat on the log.\n" * 30


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "text.txt").write_text(TEXT)


def test_a_table_of_variants_the_best_first(charrnn) -> None:
    ran = charrnn("compare", "config.yaml", "--vary", "model.cell=rnn,gru", "--json")
    assert ran.code == 0, ran.err
    rnn, gru = sorted(json.loads(ran.out)["variants"], key=lambda one: one["label"])[::-1]
    assert (rnn["label"], gru["label"]) == ("rnn", "gru")
    for one in (rnn, gru):
        (run,) = one["runs"]
        assert run["steps"] == 20
        assert run["error"] is None
        assert len(run["curve"]) == 4
        assert one["val_loss"] == run["val_loss"]
        assert one["val_loss_spread"] is None
        assert Path(run["run"], "best.npz").exists()
    assert gru["runs"][0]["parameters"] > rnn["runs"][0]["parameters"]
    again = charrnn("compare", "config.yaml", "--vary", "model.cell=rnn,gru")
    order = [line.split()[0] for line in again.out.splitlines()[1:]]
    assert order == [o["label"] for o in json.loads(ran.out)["variants"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--vary", "model.dropout=0,0.1", "--vary", "model.dropout=0.2"], "varied twice"),
        (["--vary", "output.dir=a,b"], "output.dir"),
        (["--vary", "train.seed=1,2", "--seeds", "2"], "train.seed"),
        (["--set", "train.seed=5", "--seeds", "2"], "train.seed"),
    ],
)
def test_a_variant_is_what_its_name_says(charrnn, arguments: list[str], said: str) -> None:
    ran = charrnn("compare", "config.yaml", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_larger_budget_goes_on(charrnn) -> None:
    for steps in ("10", "20"):
        assert charrnn("compare", "config.yaml", "--set", f"train.max_steps={steps}").code == 0
    told = Path("runs/compare/config/metrics.jsonl").read_text()
    assert told.count('"event": "resume"') == 1
    assert told.count('"event": "step"') == 20


def test_what_is_finished_is_not_trained_again_and_what_changed_is(charrnn) -> None:
    arguments = ("compare", "config.yaml", "--vary", "model.hidden_size=4,6", "--seeds", "2")
    assert charrnn(*arguments).code == 0
    runs = sorted(Path("runs/compare").glob("*-seed*"))
    assert [run.name for run in runs] == ["4-seed1", "4-seed2", "6-seed1", "6-seed2"]
    before = {run: (run / "metrics.jsonl").read_bytes() for run in runs}
    ran = charrnn(*arguments)
    assert "+-" in ran.out
    labels = {line.split()[0] for line in ran.out.splitlines()[1:]}
    assert labels == {"hidden_size=4", "hidden_size=6"}
    assert {run: (run / "metrics.jsonl").read_bytes() for run in runs} == before
    assert charrnn(*arguments, "--set", "train.max_steps=6").code == 0
    assert all((run / "metrics.jsonl").read_bytes() != before[run] for run in runs)


def test_one_that_fails_does_not_end_the_others(charrnn) -> None:
    ran = charrnn(*("compare", "config.yaml", "--vary", "data.path=text.txt,none.txt", "--quiet"))
    assert ran.code == 0
    good, bad = ran.out.splitlines()[1:]
    assert good.startswith("text.txt ")
    assert bad.startswith("none.txt ")
    assert "failed: none.txt" in bad
    assert ran.err == ""
    all_bad = charrnn("compare", "config.yaml", "--set", "data.path=none.txt", "--quiet")
    assert all_bad.code == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--vary", "model.cell"],
            "model.cell: expected KEY=VALUE,VALUE,...; as in --vary model.cell=rnn,gru",
        ),
        (["--vary", "model.cell=rnn,lstmm"], "model.cell: found text 'lstmm'"),
        (["--vary", "model.hidden_size=4,4"], "two variants have the same name"),
        (["config.yaml"], "two variants have the same name"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_any_work(charrnn, arguments, says) -> None:
    ran = charrnn("compare", "config.yaml", *arguments)
    assert ran.code == 2
    assert says in ran.err
    assert not Path("runs").exists()


def test_a_run_that_no_comparison_made_is_left_alone(charrnn) -> None:
    charrnn("train", "config.yaml", "--out", "mine/rnn", "--max-steps", "2", "--quiet")
    before = Path("mine/rnn/best.npz").read_bytes()
    ran = charrnn("compare", "config.yaml", "--vary", "model.cell=rnn,gru", "--out", "mine")
    assert ran.code == 2
    assert "mine/rnn: holds a run that is not part of a comparison" in ran.err
    assert Path("mine/rnn/best.npz").read_bytes() == before
    assert not Path("mine/gru").exists()


def test_another_text_is_trained_on_again(charrnn) -> None:
    assert charrnn("compare", "config.yaml", "--quiet").code == 0
    before = Path("runs/compare/config/best.npz").read_bytes()
    Path("text.txt").write_text(TEXT.upper())
    ran = charrnn("compare", "config.yaml", "--quiet")
    assert "the text is not the one" in ran.out
    assert Path("runs/compare/config/best.npz").read_bytes() == before


def test_values_may_be_choices_with_options(charrnn) -> None:
    vary = "model.cell={name: gru, reset: after},lstm"
    ran = charrnn("compare", "config.yaml", "--vary", vary, "--json", "--quiet")
    labels = {one["label"] for one in json.loads(ran.out)["variants"]}
    assert labels == {"{name: gru, reset: after}", "lstm"}


def test_an_interrupted_comparison_saves_and_goes_on(start, charrnn) -> None:
    arguments = ("compare", "config.yaml", "--vary", "train.seed=1,2", "--jobs", "2")
    long = ("--set", "train.max_steps=1000000", "--set", "output.checkpoint_every=100")
    process: subprocess.Popen[str] = start(*arguments, *long)
    folders = [Path("runs/compare/1"), Path("runs/compare/2")]
    assert soon(lambda: process.poll() or all((f / "last.npz").exists() for f in folders))
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    ends = [json.loads((f / "metrics.jsonl").read_text().splitlines()[-1]) for f in folders]
    assert [end["reason"] for end in ends] == ["interrupted"] * 2


def test_a_picture_of_the_losses(charrnn) -> None:
    pytest.importorskip("matplotlib")
    ran = charrnn("compare", "config.yaml", "--vary", "model.cell=rnn,gru", "--plot", "losses.svg")
    assert ran.code == 0, ran.err
    picture = Path("losses.svg").read_text()
    assert "<svg" in picture
    assert charrnn("compare", "config.yaml", "--plot", "losses.xyz").code == 2
