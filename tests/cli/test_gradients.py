"""charrnn gradients, of a config or a checkpoint; charrnn textbook and charrnn recall."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from charrnn import api
from charrnn.studies.gradients.maths import Signal
from charrnn.studies.gradients.tables import in_words, shown_steps

CONFIG = """\
data: {path: text.txt, split: [1, 0, 0]}
model: {cell: lstm, hidden_size: 6, num_layers: 2}
train: {batch_size: 4, seq_length: 16, max_epochs: null, max_steps: 2, clip_norm: 0.2}
output: {dir: run}
"""
TEXT = "the cat sat on the mat; the dog sat on the log.\n" * 30
SMALL = ("--lags", "20", "--positions", "5", "--chunks", "3")


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "text.txt").write_text(TEXT)


def test_every_position_is_read_whatever_is_read_together(charrnn) -> None:
    flow = api.gradient_flow(
        api.untrained(api.load_config("config.yaml")), lags=3, positions=40, chunks=1
    )
    assert {one.norms.shape for one in flow.signals} == {(3, 40)}


def test_a_config_with_fresh_weights(charrnn) -> None:
    ran = charrnn("gradients", "config.yaml", "text.txt", *SMALL, "--json")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert (found["network"], found["step"]) == ("lstm 2x6", 0)
    assert (found["lags"], found["positions"]) == (20, 5)
    assert found["text"] == ["text.txt"]
    states = [(one["layer"], one["state"]) for one in found["signals"]]
    assert states == [(0, "h"), (0, "c"), (1, "h"), (1, "c")]
    for one in found["signals"]:
        assert len(one["median"]) == 20
        quartiles = zip(one["lower_quartile"], one["median"], one["upper_quartile"], strict=True)
        assert all(lower <= median <= upper for lower, median, upper in quartiles)
    gates = [(one["layer"], one["gate"]) for one in found["spectra"]]
    assert gates == [(layer, gate) for layer in (0, 1) for gate in "ifog"]
    clipping = found["clipping"]
    assert (clipping["chunks"], clipping["batch_size"], clipping["seq_length"]) == (3, 4, 16)
    assert clipping["clip_norm"] == 0.2
    cut = [before > 0.2 for before in clipping["before"]]
    assert clipping["share"] == pytest.approx(np.mean(cut))
    np.testing.assert_allclose(clipping["after"], np.minimum(clipping["before"], 0.2), rtol=1e-5)


def test_the_first_gradient_is_that_of_the_first_step_of_training(charrnn) -> None:
    config = api.load_config("config.yaml", ["model.dropout=0.3"])
    flow = api.gradient_flow(api.untrained(config), lags=2, positions=1, chunks=1)
    (step, *_) = [e.grad_norm for e in api.train(config) if hasattr(e, "grad_norm")]
    assert flow.clipping.before[0] == pytest.approx(step, rel=1e-6)


def test_a_checkpoint_by_folder_and_by_file(charrnn) -> None:
    assert charrnn("train", "config.yaml", "--quiet").code == 0
    shutil.copy("run/best.npz", "a-copy")
    results = [
        charrnn("gradients", source, *SMALL, "--json")
        for source in ("run", "run/best.npz", "a-copy")
    ]
    assert [ran.code for ran in results] == [0, 0, 0]
    assert len({ran.out for ran in results}) == 1
    assert json.loads(results[0].out)["step"] == 2
    refused = charrnn("gradients", "run", "--set", "model.cell=rnn")
    assert refused.code == 2
    assert "leave out --set" in refused.err


def test_a_config_may_have_any_name(charrnn) -> None:
    Path("mine.conf").write_text(CONFIG)
    ran = charrnn("gradients", "mine.conf", *SMALL, "--set", "model.cell=gru")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("text: text.txt\ngru 2x6, fresh weights\n")


def test_the_tables(charrnn) -> None:
    options = ("--set", "model={cell: rnn, hidden_size: 6, num_layers: 1}")
    out = charrnn("gradients", "config.yaml", *SMALL, *options).out
    first, *lines = out.splitlines()
    assert first == "text: text.txt"
    assert lines[:3] == [
        "rnn 1x6, fresh weights",
        "",
        "median norm of dL_T/dstate_t by lag T - t, over 5 positions T",
    ]
    assert [line.split()[0] for line in lines[3:10]] == ["lag", "1", "2", "4", "8", "16", "20"]
    assert lines[12].split() == ["state", "half", "tenth", "hundredth"]
    assert "in between" in out  # an orthogonal matrix
    assert "train.clip_norm 0.2 would clip 100% of them" in " ".join(out.split())
    gated = charrnn("gradients", "config.yaml", *SMALL, "--set", "model.num_layers=3").out
    assert "do not cover the path along c" not in " ".join(out.split())
    assert "do not cover the path along c" in " ".join(gated.split())
    assert max(len(line) for line in gated.splitlines()) <= 100
    nothing = charrnn("gradients", "config.yaml", *SMALL, "--set", "train.clip_norm=null").out
    assert "no clipping" in nothing


def test_exploding_is_said(charrnn) -> None:
    network = (
        "model={cell: {name: rnn, activation: relu}, hidden_size: 6, init: {name: normal, std: 9}}"
    )
    ran = charrnn("gradients", "config.yaml", "--set", network, "--lags", "300", "--json")
    assert ran.code == 0, ran.err
    json.loads(ran.out, parse_constant=pytest.fail)
    ran = charrnn("gradients", "config.yaml", "--set", network, "--lags", "20")
    assert "explodes: " in ran.out


@pytest.mark.parametrize(
    ("medians", "words"),
    [
        ([1, 0.5, 0.009], "vanishes: 1% left at lag 3"),
        ([1, 4, 0.01], "vanishes: 1% left at lag 3; at lag 3 0.2% of the peak at lag 2"),
        ([1, 0.5, 0.25], "25.0% left at lag 3"),
        ([1, 9, 0.09], "9.0% left at lag 3, 1.0% of the peak at lag 2"),
        ([1, 1.05, 0.5], "50.0% left at lag 3"),
        ([1, 1.5, 2], "does not vanish: 2x at lag 3"),
        ([1, 8, 2], "does not vanish: 2x at lag 3, 25.0% of the peak at lag 2"),
        ([1, 5, 25], "explodes: 25x at lag 3"),
        ([1, 5, np.inf], "explodes: overflows before lag 3"),
        ([0, 0, 0], "nothing arrives"),
    ],
)
def test_what_becomes_of_a_signal(medians: list[float], words: str) -> None:
    assert in_words(Signal(0, "h", np.array(medians, float)[:, None])) == words


def test_the_lags_that_are_shown() -> None:
    assert [shown_steps(n) for n in (1, 2, 5, 8)] == [[1], [1, 2], [1, 2, 4, 5], [1, 2, 4, 8]]


def test_a_short_text_and_records(charrnn) -> None:
    Path("short.txt").write_text("the cat")
    found = json.loads(charrnn("gradients", "config.yaml", "short.txt", "--json").out)
    assert (found["lags"], found["positions"]) == (6, 1)
    records = ("--set", 'data={path: text.txt, records: "\\n"}', "--json")
    Path("text.txt").write_text("anna\nbob\nchristine\ndora\n" * 9)
    found = json.loads(charrnn("gradients", "config.yaml", *records).out)
    assert found["lags"] == 5  # the median of the names, and its end
    assert found["clipping"]["seq_length"] == 10


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["gradients"], 2, "CONFIG|CHECKPOINT"),
        (["gradients", "--recall", "--after", "3"], 2, "is now a command: charrnn recall"),
        (["gradients", "--textbook"], 2, "is now a command: charrnn textbook"),
        (["gradients", "config.yaml", "other.yaml"], 2, "other.yaml: a config, where a TEXT"),
        (["gradients", "missing.yaml"], 2, "there is no such file"),
        (["gradients", "missing"], 4, "missing"),
        (["gradients", "config.yaml", "missing.txt"], 3, "missing.txt"),
        (["gradients", "config.yaml", "one.txt"], 3, "one character is too short"),
        (["gradients", "config.yaml", "--set", "model.hidden_size=9000000"], 2, "of memory"),
        (["recall", "--after", "3,x"], 2, "as in 1,4,16"),
        (["recall", "--forget-bias", "nan"], 2, "forget bias"),
        (["textbook", "--scale", "nan"], 2, "above 0"),
        (["textbook", "--scale", "-1"], 2, "above 0"),
        (["textbook", "--hidden", "9000000"], 2, "of memory"),
        (["recall", "--after", "1,900000000"], 2, "use smaller --after"),
        (["textbook", "--plot", "a.bmp"], 2, "ends in .png"),
        (["textbook", "--plot", "one.txt/a.png"], 2, "cannot be written"),
    ],
)
def test_what_is_refused(charrnn, arguments: list[str], code: int, said: str) -> None:
    pytest.importorskip("matplotlib")
    Path("one.txt").write_text("a")
    ran = charrnn(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_the_text_must_be_of_the_model(charrnn) -> None:
    assert charrnn("train", "config.yaml", "--quiet").code == 0
    Path("other.txt").write_text("THE CAT")
    ran = charrnn("gradients", "run", "other.txt")
    assert (ran.code, ran.out) == (3, "")
    assert "does not know" in ran.err


def test_without_matplotlib_nothing_is_begun(charrnn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    ran = charrnn("textbook", "--plot", "a.png")
    assert (ran.code, ran.out) == (2, "")
    assert "pip install 'charrnn[plot]'" in ran.err


def test_the_experiments_of_the_textbook(charrnn) -> None:
    sizes = ("--hidden", "8", "--steps", "10")
    out = charrnn("textbook", *sizes, "--scale", "0.5", "--scale", "2").out
    last = out.split("\n\n")[1].splitlines()[-2].split()
    assert last[0] == "10"
    assert [float(last[1]), float(last[3])] == pytest.approx([0.5**10, 2**10], rel=0.01)
    assert float(last[4]) < 2**10
    ran = charrnn("textbook", *sizes, "--matrix", "normal", "--json")
    found = json.loads(ran.out)
    assert found["matrix"] == "normal"
    assert [one["largest_singular_value"] for one in found["experiments"]] == [0.9, 1.0, 1.1]
    assert all(len(one["tanh"]) == 11 for one in found["experiments"])


def test_the_recall_curve(charrnn) -> None:
    small = ("--after", "3,1", "--symbols", "2", "--parameters", "300", "--steps", "20")
    found = json.loads(charrnn("recall", *small, "--json").out)
    assert found["guess_nats"] == pytest.approx(np.log(2))
    assert [one["cell"] for one in found["networks"]] == ["rnn", "lstm", "gru"]
    for one in found["networks"]:
        assert abs(one["parameters"] - 300) < 60
        assert [result["lag"] for result in one["results"]] == [1, 3]
        assert all(0 <= result["accuracy"] <= 1 for result in one["results"])
    out = charrnn("recall", *small).out
    assert "guessing costs 0.693 nats" in " ".join(out.split())
    assert [line.split()[0] for line in out.splitlines()[-2:]] == ["1", "3"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("gradients", "config.yaml", *SMALL),
        ("textbook", "--hidden", "5", "--steps", "5"),
        ("recall", "--after", "1,2", "--parameters", "300", "--steps", "3"),
    ],
)
def test_pictures(charrnn, arguments: tuple[str, ...]) -> None:
    pytest.importorskip("matplotlib")
    ran = charrnn(*arguments, "--plot", "flow.svg")
    assert ran.code == 0, ran.err
    assert ran.err == "wrote flow.svg\n"
    assert "<svg" in Path("flow.svg").read_text()


def test_what_has_no_place_on_a_log_axis_is_left_out(charrnn) -> None:
    """A network whose tanh is at its ends everywhere: no gradient arrives at all."""
    pytest.importorskip("matplotlib")
    saturated = "model={cell: rnn, hidden_size: 6, init: {name: normal, std: 1e30}}"
    ran = charrnn("gradients", "config.yaml", *SMALL, "--set", saturated, "--plot", "flow.svg")
    assert (ran.code, ran.err) == (0, "wrote flow.svg\n")
    assert "nothing arrives" in ran.out
    ran = charrnn("textbook", "--scale", "1e200", "--plot", "textbook.svg")
    assert (ran.code, ran.err) == (0, "wrote textbook.svg\n")
