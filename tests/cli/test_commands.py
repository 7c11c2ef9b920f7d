"""vocab, score, config, gradcheck, and what holds for every command."""

import hashlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from charrnn import __version__, api
from charrnn.cli import COMMANDS, cli
from charrnn.text.vocab import Vocabulary
from tests.plans import loss_of_one_pass

ROOT = Path(__file__).parents[2]
PATHS = [
    (name,) if not isinstance(cli.get_command(None, name), click.Group) else (name, sub)
    for name in COMMANDS
    for sub in getattr(cli.get_command(None, name), "commands", {"": None})
]


def test_vocab_json(charrnn) -> None:
    Path("a.txt").write_bytes("hé\r\nhé".encode())
    ran = charrnn("vocab", "a.txt", "--json")
    assert json.loads(ran.out) == {
        "size": 3,
        "level": "char",
        "characters": 5,
        "symbols": [
            {"symbol": "\n", "codepoint": 10, "count": 1},
            {"symbol": "h", "codepoint": 104, "count": 2},
            {"symbol": "é", "codepoint": 233, "count": 2},
        ],
        "sha256": hashlib.sha256("hé\r\nhé".encode()).hexdigest(),
    }


def test_vocab_for_people(charrnn) -> None:
    Path("a.txt").write_bytes(b"aaaa\x07b\nb")
    assert charrnn("vocab", "a.txt", "--min-count", "2").out == (
        "8 characters, 3 symbols (char level)\n"
        "entropy of the symbol frequencies 1.500 bits/char, uniform 1.585\n"
        "\n"
        "symbol  count     share\n"
        "'a'         4  50.0000%\n"
        "'b'         2  25.0000%\n"
        "<unk>       2  25.0000%\n"
    )
    Path("b.txt").write_bytes(b"a" * 1000 + b"\x07b")
    out = charrnn("vocab", "b.txt").out
    assert out.endswith("\nrare: '\\x07'  'b'\n\ncontrol: '\\x07'\n")


def test_vocab_options(charrnn) -> None:
    Path("a.txt").write_bytes("Ａ\u0301bB\r\n".encode("utf-16"))
    options = ("--encoding", "utf-16", "--lowercase", "--normalize", "NFKC", "--newlines", "keep")
    ran = charrnn("vocab", "a.txt", *options, "--json")
    assert "".join(s["symbol"] for s in json.loads(ran.out)["symbols"]) == "\n\rbá"
    ran = charrnn("vocab", "a.txt", "--level", "byte", "--json")
    assert json.loads(ran.out)["characters"] == 14


def test_vocab_names_its_own_option(charrnn) -> None:
    ran = charrnn("vocab", "data/fables.txt", "--min-count", "99999")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.endswith("; use a smaller --min-count\n")


def test_vocab_writes_a_file(charrnn) -> None:
    ran = charrnn("vocab", "data/fables.txt", "--out", "new/v.json")
    assert "wrote new/v.json" in ran.err
    vocabulary = Vocabulary.from_json(json.loads(Path("new/v.json").read_text(encoding="utf-8")))
    assert vocabulary.size == len(set(Path("data/fables.txt").read_text(encoding="utf-8")))


def test_vocab_refuses_an_invalid_byte_with_its_place(charrnn) -> None:
    Path("a.txt").write_bytes(b"one\ntwo \xff\n")
    ran = charrnn("vocab", "a.txt")
    assert ran.code == 3
    assert ran.err.startswith("error: a.txt: byte 8 (line 2) is not utf-8: ff")


def test_score_is_the_loss_of_one_pass(charrnn) -> None:
    charrnn("train", "configs/hello.yaml", "--quiet", "--max-steps", "20")
    Path("t.txt").write_text("hello" * 30)
    ran = charrnn("score", "runs/hello", "t.txt", "--json")
    result = json.loads(ran.out)
    trained = api.load("runs/hello")
    ids = trained.vocabulary.encode("hello" * 30)
    expected = loss_of_one_pass(trained.model, trained.params, ids)
    assert result["characters"] == 149
    assert result["nats_per_char"] == pytest.approx(expected, rel=1e-5)
    assert result["bits_per_char"] == pytest.approx(result["nats_per_char"] / math.log(2))
    assert result["perplexity"] == pytest.approx(math.exp(result["nats_per_char"]))
    assert "nats/char" in charrnn("score", "runs/hello", "t.txt").out


def test_score_of_the_test_part_is_what_training_reported(charrnn) -> None:
    options = ("--set", "data={path: data/fables.txt, split: [0.05, 0.05, 0.9]}", "--quiet")
    small = ("--set", "model.hidden_size=8", "--max-steps", "20", "--out", "run")
    charrnn("train", "configs/char-rnn.yaml", *options, *small)
    text = Path("data/fables.txt").read_text(encoding="utf-8")
    Path("test.txt").write_text(text[int(0.1 * len(text)) :], encoding="utf-8", newline="\n")
    told = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    (reported,) = [e["loss"] for e in told if e["event"] == "eval" and e["split"] == "test"]
    scored = json.loads(charrnn("score", "run", "test.txt", "--json").out)["nats_per_char"]
    assert scored == pytest.approx(reported, rel=1e-9)


def test_score_refuses_what_it_cannot_read(charrnn) -> None:
    charrnn("train", "configs/hello.yaml", "--quiet")
    for text, said in (("help", "'p'"), ("h", "one character is too short"), ("", "empty")):
        Path("t.txt").write_text(text)
        ran = charrnn("score", "runs/hello", "t.txt")
        assert (ran.code, ran.out) == (3, "")
        assert said in ran.err


def test_every_recipe_is_a_config(charrnn) -> None:
    recipes = sorted(str(path) for path in Path("configs").glob("*.yaml"))
    ran = charrnn("config", "check", *recipes)
    assert ran == (0, "".join(f"{path}: ok\n" for path in recipes), "")


def test_config_check_tells_of_all_files(charrnn) -> None:
    Path("a.yaml").write_text("train: {sede: 1}\n")
    Path("b.yaml").write_text("model: {cell: lsmt}\n")
    ran = charrnn("config", "check", "a.yaml", "configs/hello.yaml", "b.yaml")
    assert ran.code == 2
    assert ran.out == "configs/hello.yaml: ok\n"
    assert ran.err.splitlines() == [
        "error: a.yaml:1:9: train.sede: unknown key; did you mean 'seed'?",
        "error: b.yaml:1:15: model.cell: found text 'lsmt'; expected one of rnn, lstm, gru;"
        " did you mean 'lstm'?",
    ]


def test_config_show_is_a_config_of_its_own(charrnn) -> None:
    shown = charrnn("config", "show", "configs/hello.yaml", "--set", "model.cell=gru").out
    Path("shown.yaml").write_text(shown)
    assert charrnn("config", "show", "shown.yaml").out == shown
    assert yaml.safe_load(shown)["model"]["cell"] == {
        "name": "gru",
        "reset": "before",
        "layer_norm": False,
    }


def test_config_schema_accepts_the_recipes(charrnn) -> None:
    schema = json.loads(charrnn("config", "schema").out)
    assert schema["additionalProperties"] is False
    for recipe in Path("configs").glob("*.yaml"):
        assert set(yaml.safe_load(recipe.read_text())) <= set(schema["properties"])


def test_config_init_writes_what_check_accepts(charrnn) -> None:
    ran = charrnn("config", "init", "my.yaml", "--text", "my text.txt")
    assert (ran.code, ran.out) == (0, "")
    assert charrnn("config", "check", "my.yaml").code == 0
    mine = Path("my.yaml").read_text()
    assert charrnn("config", "init", "--text", "my text.txt").out == mine
    assert yaml.safe_load(mine)["data"]["path"] == "my text.txt"
    assert charrnn("config", "init", "my.yaml").code == 2


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "{name: gru, reset: after}"])
def test_gradcheck(charrnn, cell: str) -> None:
    ran = charrnn("gradcheck", "configs/hello.yaml", "--set", f"model.cell={cell}", "--json")
    result = json.loads(ran.out)
    assert ran.code == 0
    assert result["ok"] is True
    assert result["max_relative_error"] == max(result["parameters"].values()) < 1e-6
    assert {"layers.0.Wx", "layers.0.Wh", "layers.0.b", "head.Wy", "head.by"} <= set(
        result["parameters"]
    )


def test_gradcheck_finds_a_wrong_gradient(charrnn, monkeypatch: pytest.MonkeyPatch) -> None:
    from charrnn.nn import ops
    from charrnn.nn.cells import rnn

    def wrong(y, out) -> None:
        ops.tanh_slope(y, out)
        out *= 1.001

    monkeypatch.setattr(rnn, "tanh_slope", wrong)
    ran = charrnn("gradcheck", "configs/hello.yaml")
    assert ran.code == 1
    assert "the gradients are WRONG" in ran.out


@pytest.mark.parametrize("path", [(), *PATHS], ids=" ".join)
def test_every_command_has_help_with_an_example(charrnn, path: tuple[str, ...]) -> None:
    ran = charrnn(*path, "-h")
    assert ran.code == 0
    assert "Example:\n    charrnn " in ran.out
    assert charrnn(*path, "--help").out == ran.out


def test_the_help_of_all_commands(charrnn) -> None:
    assert charrnn("--help").out == (
        "Usage: charrnn [OPTIONS] COMMAND [ARGS]...\n"
        "\n"
        "  Character-level RNN, LSTM and GRU models, trained on any CPU.\n"
        "\n"
        "  Example:\n"
        "    charrnn config init --recipe quickstart\n"
        "    charrnn train quickstart.yaml\n"
        '    charrnn sample runs/quickstart --prime "The fox "\n'
        "\n"
        "Options:\n"
        "  --version   Show the version and exit.\n"
        "  -h, --help  Show this message and exit.\n"
        "\n"
        "Commands:\n"
        "  train      Train the model that a config file describes.\n"
        "  sample     Print text that a model generates.\n"
        "  vocab      Report the vocabulary of a text: symbols, counts, entropy.\n"
        "  score      Evaluate how well a model predicts a text.\n"
        "  units      Show what the units of a network do while it reads a text.\n"
        "  gradients  Show how far gradients travel through time.\n"
        "  textbook   Show why gradients vanish or explode, without a text.\n"
        "  recall     Show how long each cell remembers a symbol.\n"
        "  plot       Plot the curves of runs: losses, learning rate, gradients.\n"
        "  report     Write one HTML page about a whole run.\n"
        "  compare    Train variants under one budget and print the results.\n"
        "  config     Check, show, describe and start config files.\n"
        "  gradcheck  Check a network's gradients against finite differences.\n"
    )


def test_version(charrnn) -> None:
    assert charrnn("--version") == (0, f"charrnn, version {__version__}\n", "")


def test_a_group_alone_shows_its_help_and_is_exit_2(charrnn) -> None:
    for group in ((), ("config",)):
        ran = charrnn(*group)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == charrnn(*group, "--help").out


@pytest.mark.parametrize(
    "arguments", [["trian"], ["train"], ["sample"], ["vocab"], ["config", "chekc"], ["--frob"]]
)
def test_wrong_use_is_exit_2_and_one_line(charrnn, arguments: list[str]) -> None:
    ran = charrnn(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert "--help" in ran.err


def test_help_imports_little() -> None:
    """No NumPy, and nothing else that is slow: 172 modules when this was written."""
    program = (
        "import sys; sys.argv = ['charrnn', '--help']\n"
        "from charrnn.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "slow = {'numpy', 'yaml', 'tqdm', 'torch', 'numba'} & set(sys.modules)\n"
        "print(sorted(slow), len(sys.modules) < 250, file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stderr == "[] True\n"


@pytest.mark.parametrize(("given", "then"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "2"}, "None")])
def test_blas_has_one_thread_unless_told(given: dict[str, str], then: str) -> None:
    program = (
        "import sys, os; sys.argv = ['charrnn', '--help']\n"
        "from charrnn.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(os.environ.get('OMP_NUM_THREADS'), file=sys.stderr)"
    )
    clean = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**clean, **given},
    )
    assert ran.stderr.strip() == then


def test_click_completes_in_the_shell() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from charrnn.cli import main; main()"],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "_CHARRNN_COMPLETE": "bash_complete",
            "COMP_WORDS": "charrnn tr",
            "COMP_CWORD": "1",
        },
    )
    assert ran.stdout.split() == ["plain,train"]


def test_a_bug_is_exit_1_with_a_traceback(start, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import charrnn.api as api, sys\n"
        "def broken(*_): raise ZeroDivisionError\n"
        "api.load = broken\n"
        "sys.argv = ['charrnn', 'sample', 'x']\n"
        "from charrnn.cli import main; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "ZeroDivisionError" in ran.stderr
