"""charrnn sample: exactly what was asked for on stdout, whoever reads it."""

import json
import os
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn import api

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hello recipe, trained once."""
    folder = tmp_path_factory.mktemp("hello") / "hello"
    for _ in api.train(api.load_config(ROOT / "configs/hello.yaml", given(folder))):
        pass
    return folder


def given(folder: Path) -> list[str]:
    return [f"data.path={ROOT / 'data/hello.txt'}", f"output.dir={folder}"]


@pytest.fixture
def hello(charrnn, trained: Path):
    """The hello recipe, trained; and the command."""
    shutil.copytree(trained, "runs/hello")
    return charrnn


@pytest.fixture
def wide(charrnn, tmp_path: Path):
    """An untrained model over a text with all sorts of characters; and the command."""

    def train(*options: str):
        settings = ("--set", "data.path=wide.txt", "--set", "data.split=[1,0,0]", *options)
        out = ("--out", "wide", "--max-steps", "1", "--set", "train.batch_size=1", "--quiet")
        assert charrnn("train", "configs/hello.yaml", *settings, *out).code == 0
        return charrnn

    Path("wide.txt").write_text("abc é漢😀\x1b[31m\u202e\x07\x9b\n" * 5, encoding="utf-8")
    return train


def test_hello_says_ello(hello) -> None:
    assert hello("sample", "runs/hello", "--prime", "h", "--greedy", "-n", "4") == (0, "hello", "")
    assert hello(
        "sample", "runs/hello/last.npz", "--prime", "he", "--temperature", "0", "-n", "3"
    ) == (
        0,
        "hello",
        "",
    )


@pytest.mark.parametrize("length", [0, 1, 100])
def test_the_length_counts_after_the_prime(hello, length: int) -> None:
    ran = hello("sample", "runs/hello", "--prime", "hell", "-n", str(length))
    assert len(ran.out) == 4 + length


def test_without_a_prime_only_what_was_generated_is_printed(hello) -> None:
    assert len(hello("sample", "runs/hello", "-n", "10").out) == 10


def test_a_prime_from_a_file_of_any_length(hello) -> None:
    Path("prime").write_text("hello" * 100 + "hel")
    ran = hello("sample", "runs/hello", "--prime-file", "prime", "-n", "2", "--greedy")
    assert ran.out.startswith("hello" * 100 + "hel")
    assert len(ran.out) == 505


def test_json(hello) -> None:
    ran = hello(
        "sample", "runs/hello", "--prime", "h", "-n", "4", "--count", "3", "--seed", "7", "--json"
    )
    result = json.loads(ran.out)
    assert result["seed"] == 7
    assert [sample["prime"] for sample in result["samples"]] == ["h"] * 3
    assert all(len(sample["text"]) == 4 for sample in result["samples"])
    assert all(sample["log_prob"] < 0 for sample in result["samples"])


def test_sample_k_is_the_same_in_any_company(wide) -> None:
    charrnn = wide()

    def texts(count: int) -> list[str]:
        ran = charrnn("sample", "wide", "-n", "40", "--count", str(count), "--json")
        return [sample["text"] for sample in json.loads(ran.out)["samples"]]

    many = texts(20)
    assert len(set(many)) == 20
    assert texts(1) == many[:1]
    assert texts(3) == many[:3]


def test_the_log_probability_agrees_with_score(wide) -> None:
    charrnn = wide("--set", "train.dtype=float64")
    (sample,) = api.sample(api.load("wide"), api.Request(prime="ab", length=30))
    Path("said.txt").write_text("b" + sample.text, encoding="utf-8", newline="\n")
    one = api.Request(prime="b", length=0)
    assert api.sample(api.load("wide"), one)[0].log_prob == 0.0
    ran = charrnn("score", "wide", "said.txt", "--json")
    assert json.loads(ran.out)["characters"] == 30


def test_several_samples_stand_apart(hello) -> None:
    ran = hello("sample", "runs/hello", "--prime", "h", "--greedy", "-n", "4", "--count", "2")
    assert ran.out == "hello\n\nhello"


def test_stop_ends_a_sample_where_its_text_appears(hello) -> None:
    ran = hello("sample", "runs/hello", "--prime", "h", "--greedy", "-n", "400", "--stop", "ll")
    assert ran.out == "hell"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--prime", "x"], 3, "'x'"),
        (["--prime", "H"], 3, "'H' (it knows 'h')"),
        (["--temperature", "-1"], 2, "temperature"),
        (["--temperature", "nan"], 2, "temperature"),
        (["--top-k", "0"], 2, "top-k"),
        (["--top-p", "0"], 2, "top-p"),
        (["--top-p", "2"], 2, "top-p"),
        (["--count", "0"], 2, "count"),
        (["-n", "-1"], 2, "length"),
        (["--seed", "-1"], 2, "seed"),
        (["--prime", "h", "--prime-file", "f"], 2, "not both"),
        (["--prime-file", "none"], 3, "none"),
    ],
)
def test_a_refusal_is_one_line(hello, arguments: list[str], code: int, said: str) -> None:
    ran = hello("sample", "runs/hello", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [("none", None), ("folder", ...), ("text", b"hello"), ("zip", b"PK\x05\x06" + bytes(18))],
)
def test_what_is_no_checkpoint_is_exit_4(charrnn, name: str, content) -> None:
    if content is ...:
        Path(name).mkdir()
    elif content is not None:
        Path(name).write_bytes(content)
    ran = charrnn("sample", name)
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith(f"error: {name}: ")
    assert ran.err.count("\n") == 1


def test_an_unknown_prime_character_is_unk_where_there_is_one(wide) -> None:
    charrnn = wide("--set", "data.min_count=2")
    ran = charrnn("sample", "wide", "--prime", "Q", "-n", "300", "--temperature", "5")
    assert ran.code == 0
    assert len(ran.out) == 301


@pytest.mark.parametrize("temperature", ["1e-308", "1e-5", "1e308"])
def test_no_temperature_overflows(wide, temperature: str) -> None:
    ran = wide()("sample", "wide", "-n", "50", "--temperature", temperature)
    assert ran.code == 0
    assert len(ran.out) == 50


def test_a_byte_model_writes_whole_characters(wide) -> None:
    charrnn = wide("--set", "data.level=byte")
    ran = charrnn("sample", "wide", "--prime", "漢", "-n", "300")
    assert ran.code == 0
    assert ran.out.startswith("漢")
    streamed = ran.out.removeprefix("漢")
    (sample,) = json.loads(charrnn("sample", "wide", "--prime", "漢", "-n", "300", "--json").out)[
        "samples"
    ]
    assert streamed == sample["text"]


def test_head_may_close_the_pipe(hello) -> None:
    command = f"{sys.executable} -m charrnn sample runs/hello -n 1000000 | head -c 10"
    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, len(ran.stdout), ran.stderr) == (0, 10, "")


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_terminal_is_shown_escapes_and_a_pipe_the_truth(wide) -> None:
    charrnn = wide()
    arguments = ("sample", "wide", "-n", "400", "--temperature", "3")
    raw = charrnn(*arguments).out
    assert "\x1b" in raw
    assert "\u202e" in raw
    pty = pytest.importorskip("pty")  # Windows has none
    master, slave = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "charrnn", *arguments], stdout=slave)
    os.close(slave)
    shown = b""
    while select.select([master], [], [], 10)[0]:
        try:
            shown += os.read(master, 65536)
        except OSError:
            break
    assert process.wait() == 0
    text = shown.decode("utf-8").replace("\r\n", "\n")
    assert r"\x1b" in text
    assert r"\u202e" in text
    assert not set(text) & set("\x1b\u202e\x07\x9b")


def test_sampling_writes_as_it_goes(hello, start) -> None:
    process = start("sample", "runs/hello", "-n", "100000000")
    assert len(process.stdout.read(1000)) == 1000
    process.kill()
    process.communicate()
