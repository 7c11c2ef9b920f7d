"""The recipes do what they say at their top; the longer ones are cut to a test's time."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "configs").glob("*.yaml"))


def losses(run: str, split: str | None = None) -> list[float]:
    lines = [json.loads(line) for line in Path(run, "metrics.jsonl").read_text().splitlines()]
    return [
        line["loss"]
        for line in lines
        if (line["event"] == "eval" and line["split"] == split)
        or (split is None and line["event"] == "step")
    ]


def test_hello_is_learnt_to_the_letter(charrnn) -> None:
    assert charrnn("train", "configs/hello.yaml").code == 0
    assert losses("runs/hello")[-1] < 0.01
    assert charrnn("sample", "runs/hello", "--prime", "h", "--greedy", "-n", "4").out == "hello"


def test_min_char_rnn_begins_at_ln_v(charrnn) -> None:
    assert charrnn("train", "configs/min-char-rnn.yaml", "--max-steps", "1").code == 0
    V = len(set((ROOT / "data/fables.txt").read_text(encoding="utf-8")))
    assert losses("runs/min-char-rnn") == pytest.approx([math.log(V)], rel=0.01)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_takes_its_first_steps(charrnn, path: Path) -> None:
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    ships = settings["data"]["path"].startswith("data/")
    options = () if ships else ("--set", "data.path=data/fables.txt")
    if "max_minutes" in settings["train"]:
        options = (*options, "--set", "train.max_minutes=null")
    options = (*options, "--set", "data.split=[0.98, 0.01, 0.01]")  # little to evaluate
    run = ("--max-steps", "2", "--out", "run", "--set", "output.sample_every=null")
    assert charrnn("train", f"configs/{path.name}", *options, *run).code == 0
    first, second = losses("run")
    assert first == pytest.approx(second, abs=1.0)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_says_what_it_is_for(path: Path) -> None:
    comment = re.match(r"(#.*\n)+", path.read_text(encoding="utf-8"))
    assert comment
    assert len(comment[0]) > 100


def test_a_source_of_known_entropy_is_learnt_to_within_one_percent(charrnn) -> None:
    made = subprocess.run(
        [
            sys.executable,
            ROOT / "scripts/make_markov.py",
            "markov.txt",
            "--characters",
            "200000",
            "--order",
            "2",
            "--symbols",
            "5",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    (rate,) = re.findall(r"entropy rate ([\d.]+) nats", made.stdout)
    Path("markov.yaml").write_text(
        "data: {path: markov.txt, split: [0.7, 0.05, 0.25]}\n"
        "model: {cell: gru, hidden_size: 32, num_layers: 1}\n"
        "optimizer: {name: adam, learning_rate: 0.01}\n"
        "schedule: {name: cosine}\n"
        "train: {batch_size: 32, seq_length: 32, max_epochs: 6}\n"
        "output: {dir: run}\n"
    )
    assert charrnn("train", "markov.yaml").code == 0
    assert losses("run", "test") == pytest.approx([float(rate)], rel=0.01)


def test_the_exact_rate_of_a_source_worked_out_by_hand() -> None:
    """Two symbols: after 0 comes 1 with 0.2, after 1 comes 0 with 0.4; pi is (2/3, 1/3)."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import make_markov
    finally:
        sys.path.pop(0)
    np = pytest.importorskip("numpy")
    P = np.array([[0.8, 0.2], [0.4, 0.6]])

    def h(p: float) -> float:
        return -p * math.log(p) - (1 - p) * math.log(1 - p)

    assert make_markov.stationary(P) == pytest.approx([2 / 3, 1 / 3])
    assert make_markov.entropy_rate(P) == pytest.approx(2 / 3 * h(0.2) + 1 / 3 * h(0.4))
