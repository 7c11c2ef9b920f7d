"""Baselines, dynamic evaluation and records, from the command line."""

import json
from pathlib import Path

import numpy as np
import pytest

CONFIG = """\
data: {path: text.txt, split: [0.8, 0.1, 0.1]}
model: {cell: gru, hidden_size: 16, num_layers: 1}
train: {batch_size: 4, seq_length: 16, max_epochs: null, max_steps: 60, eval_every: 20}
output: {dir: run}
"""
TEXT = "the cat sat on the mat; the dog sat on the log.\n" * 40
NAMES = "".join(f"{a}{b}na\n" for a in "bdklmnrst" for b in "aeiou")


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "text.txt").write_text(TEXT)
    (tmp_path / "names.txt").write_text(NAMES)


def test_score_tells_static_dynamic_and_baselines(charrnn) -> None:
    assert charrnn("train", "config.yaml", "--quiet").code == 0
    (Path("other.txt")).write_text("the dog sat on the dog; the cat sat on the cat.\n" * 20)
    ran = charrnn("score", "run", "other.txt", "--dynamic", "--baselines", "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert found["dynamic"]["nats_per_char"] < found["nats_per_char"]
    names = ["uniform", "unigram", *(f"order {n}" for n in range(2, 7)), "xz"]
    assert list(found["baselines"]) == names
    assert found["baselines"]["uniform"] == pytest.approx(np.log(16))
    assert found["baselines"]["order 6"] < found["baselines"]["unigram"]
    page = charrnn("score", "run", "other.txt", "--dynamic", "--baselines").out.splitlines()
    assert page[1].endswith("  dynamic")
    assert page[2].split() == ["baseline", "nats/char", "bits/char"]
    still = charrnn("score", "run", "other.txt", "--dynamic-rate", "0", "--json")
    static = json.loads(still.out)
    assert static["dynamic"]["nats_per_char"] == pytest.approx(static["nats_per_char"], rel=1e-4)


def test_baselines_need_the_text_of_the_training(charrnn) -> None:
    assert charrnn("train", "config.yaml", "--quiet").code == 0
    Path("text.txt").rename("moved.txt")
    ran = charrnn("score", "run", "moved.txt", "--baselines")
    assert ran.code == 3
    assert "baselines need the training text" in ran.err


def test_baselines_of_a_text_and_before_a_training(charrnn) -> None:
    found = json.loads(charrnn("vocab", "text.txt", "--baselines", "--json").out)["baselines"]
    assert found["order 6"] < found["order 2"] < found["unigram"] < found["uniform"]
    assert "order 6" in charrnn("vocab", "text.txt", "--baselines").out
    ran = charrnn("train", "config.yaml", "--baselines", "--max-steps", "1")
    assert ran.code == 0
    assert ran.err.index("order 6") < ran.err.index("network")
    assert ran.out == ""
    Path("text.txt").write_text("a")
    ran = charrnn("vocab", "text.txt", "--baselines")
    assert (ran.code, ran.out) == (3, "")
    assert "too short for baselines" in ran.err


RECORDS = ("--set", "data.path=names.txt", "--set", 'data.records="\\n"')


def test_records_are_learnt_with_their_ends(charrnn) -> None:
    ran = charrnn("train", "config.yaml", *RECORDS, "--max-steps", "300", "--quiet")
    assert ran.code == 0, ran.err
    names = charrnn("sample", "run", "--count", "30", "--temperature", "0.5").out
    assert names.endswith("\n")
    lines = names.splitlines()
    assert len(lines) == 30
    known = set(NAMES.splitlines())
    assert sum(line in known for line in lines) > 15
    primed = json.loads(charrnn("sample", "run", "--prime", "ka", "--json").out)["samples"][0]
    assert primed["text"].endswith("\n")
    assert charrnn("sample", "run", "-n", "1", "--count", "2").out.count("\n") >= 1
    score = json.loads(charrnn("score", "run", "names.txt", "--json").out)
    assert score["characters"] == len(NAMES)
    assert score["nats_per_char"] < 1.5


@pytest.mark.parametrize(
    ("settings", "code", "says"),
    [
        (["data.records=ab"], 2, "data.records: found text 'ab'; expected one character or null"),
        (['data.records="|"'], 3, "data.records: the separator '|' is not in the text"),
        (['data.records=";"', "train.stride=4"], 2, "data.records: found ';'"),
        (["train.stride=4", "train.seq_jitter=0.2"], 2, "train.seq_jitter: found 0.2"),
        (["data.level=byte", 'data.records="é"'], 2, "it must be an ASCII character"),
        (['data.records=";"', "data.min_count=100"], 3, "';' is rarer than data.min_count"),
        (["data.split=[1,0,0]", "schedule=plateau"], 2, "schedule: plateau needs a validation"),
    ],
)
def test_what_cannot_be_read_as_records(charrnn, settings, code: int, says: str) -> None:
    given = [part for one in settings for part in ("--set", one)]
    ran = charrnn("train", "config.yaml", *given)
    assert ran.code == code
    assert says in ran.err


def test_a_record_ends_at_a_stop_text_too(charrnn) -> None:
    charrnn("train", "config.yaml", *RECORDS, "--max-steps", "100", "--quiet")
    ran = charrnn("sample", "run", "--stop", "n", "--count", "5", "--json")
    assert all(one["text"][-1] in "n\n" for one in json.loads(ran.out)["samples"])


@pytest.mark.parametrize("rate", ["1e40", "1e300"])
def test_dynamic_evaluation_that_diverges_is_one_line(charrnn, rate: str) -> None:
    assert charrnn("train", "configs/hello.yaml", "--quiet").code == 0
    Path("other.txt").write_text("hello" * 100)
    ran = charrnn("score", "runs/hello", "other.txt", "--dynamic", "--dynamic-rate", rate)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: dynamic evaluation diverged; lower its rate\n"


def test_dynamic_evaluation_is_not_thrown_by_what_training_never_saw(charrnn) -> None:
    settings = ("--set", "data.vocabulary=train", "--max-steps", "300", "--quiet")
    assert charrnn("train", "config.yaml", *settings).code == 0
    Path("other.txt").write_text((TEXT + "Xx?").replace("mat", "mX?")[:1900])
    found = json.loads(charrnn("score", "run", "other.txt", "--dynamic", "--json").out)
    assert found["dynamic"]["nats_per_char"] < found["nats_per_char"] + 0.02
    ran = charrnn("score", "run", "other.txt", "--dynamic-rate", "nan")
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize(
    "settings",
    [
        ["model.cell={name: lstm, peephole: full, layer_norm: true}"],
        ["model.cell=rnn", "model.zoneout=0.2", "model.weight_dropout=0.2"],
        ["train.stride=4", "model.recurrent_dropout=0.3", "model.input_dropout=0.2"],
        ['data.records="\\n"', "train.label_smoothing=0.1", "model.variational=true"],
    ],
)
def test_the_gradients_of_every_option_can_be_checked(charrnn, settings) -> None:
    given = [part for one in settings for part in ("--set", one)]
    ran = charrnn("gradcheck", "config.yaml", *given)
    assert ran.code == 0, ran.out


def test_weights_of_another_network_are_refused(charrnn) -> None:
    peep = ("--set", "model.cell={name: lstm, peephole: true}", "--out", "peep")
    charrnn("train", "config.yaml", *peep, "--max-steps", "1", "--quiet")
    plain = ("--set", "model.cell=lstm", "--init-from", "peep")
    ran = charrnn("train", "config.yaml", *plain)
    assert ran.code == 4
    assert "it has layers.0.pi, and this network does not" in ran.err


def test_dynamic_evaluation_does_not_read_records(charrnn) -> None:
    charrnn("train", "config.yaml", *RECORDS, "--max-steps", "2", "--quiet")
    ran = charrnn("score", "run", "names.txt", "--dynamic")
    assert ran.code == 2
    assert "dynamic evaluation reads one continuous text" in ran.err


def test_the_weights_that_are_saved_are_the_average(charrnn) -> None:
    charrnn("train", "config.yaml", "--set", "train.average=0.9", "--quiet")
    with np.load("run/last.npz", allow_pickle=False) as arrays:
        assert not np.array_equal(arrays["params/head.by"], arrays["raw/head.by"])
    whole = Path("run/last.npz").read_bytes()
    charrnn("train", "config.yaml", "--set", "train.average=0.9", "--max-steps", "30", "--force")
    charrnn("train", "config.yaml", "--set", "train.average=0.9", "--resume", "--quiet")
    assert Path("run/last.npz").read_bytes() == whole
