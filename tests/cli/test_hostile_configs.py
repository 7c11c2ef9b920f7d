"""Configs made to do harm: refused in a line, or taken for what they say."""

from pathlib import Path

import pytest

SMALL = (
    *("--set", "data={path: text.txt, split: [0.8, 0.1, 0.1]}"),
    *("--set", "model.hidden_size=4", "--set", "model.num_layers=1"),
    *("--set", "train={batch_size: 2, seq_length: 8, max_steps: 3}"),
    *("--set", "output.dir=run"),
)

REFUSED = {
    "a tag that calls": b'train: !!python/object/apply:os.system ["touch pwned"]',
    "an alias bomb": b"data: &a {path: x}\nmodel: *a",
    "a merge key": b"model: &m {hidden_size: 1}\ntrain: {<<: *m}",
    "too deep": b"[" * 1000,
    "UTF-16": "train: {seed: 1}".encode("utf-16"),
    "UTF-16 without a mark": "train: {seed: 1}".encode("utf-16-le"),
    "UTF-32": "train: {seed: 1}".encode("utf-32"),
    "NUL": b"train: {seed: 1\0}",
    "an escape sequence": b'train: {seed: "\x1b[31m"}',
    "an escape sequence in a key": b'train: {"\\e]0;x\\a": 1}',
    "a right-to-left override": 'train: {seed: "\u202e1"}'.encode(),
    "five thousand digits": b"train: {seed: " + b"9" * 5000 + b"}",
    "1e400": b"model: {hidden_size: 1e400}",
    "infinity": b"optimizer: {learning_rate: .inf}",
    "not a number": b"optimizer: {learning_rate: .nan}",
    "a negative size": b"model: {hidden_size: -1}",
    "a negative zero": b"train: {batch_size: -0}",
    "octal": b"train: {seed: 0o17}",
    "base sixty": b"train: {seed: 1:30}",
    "underscores": b"train: {seed: 1_000}",
    "digits of another script": "train: {seed: ١٢}".encode(),
    "a duplicate key": b"train: {seed: 1}\ntrain: {seed: 2}",
    "a mapping as a key": b"? {a: 1}\n: 2",
    "two documents": b"{}\n---\n{}",
    "a tab": b"train:\n\tseed: 1",
    "another YAML": b"%YAML 9.9\n---\n{}",
    "a split of NaN": b"data: {split: [.nan, 0, 1]}",
    "a split of infinities": b"data: {split: [1e308, 1e308, -1e308]}",
    "an encoding of no files": b"data: {encoding: idna}",
    "an encoding that is a path": b"data: {encoding: ../../etc/passwd}",
    "a billion layers": b"model: {num_layers: 1000000000}",
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_one_line(charrnn, name: str) -> None:
    Path("config.yaml").write_bytes(REFUSED[name])
    for command in (["config", "check"], ["train"]):
        ran = charrnn(*command, "config.yaml")
        assert (ran.code, ran.out) == (2, "")
        first, *rest = ran.err.splitlines()
        assert first.startswith("error: config.yaml")
        assert first.isprintable()
        assert len(rest) < 4  # one for each thing that is wrong
    assert not Path("pwned").exists()


@pytest.mark.parametrize(
    "value", ["&a 1", "*a", "!!int 1", "{<<: 1}", "1e400", "[" * 99, "\t{", "\x1b"]
)
def test_an_option_is_no_way_around(charrnn, value: str) -> None:
    ran = charrnn("config", "check", "configs/hello.yaml", "--set", f"train.seed={value}")
    assert ran.code == 2
    assert all(line.startswith("error: override ") for line in ran.err.splitlines())
    assert all(map(str.isprintable, ran.err.splitlines()))


def test_a_gigabyte_is_not_read(charrnn) -> None:
    with Path("config.yaml").open("wb") as file:
        file.truncate(2**30)
    ran = charrnn("train", "config.yaml")
    assert ran == (2, "", "error: config.yaml: is larger than 1 MiB; is it the text instead of the"
                          " config?\n")  # fmt: skip


def test_of_very_many_faults_the_first_are_told(charrnn) -> None:
    Path("config.yaml").write_text("".join(f"k{n}: 1\n" for n in range(4_000)))
    ran = charrnn("config", "check", "config.yaml")
    *told, last = ran.err.splitlines()
    assert ran.code == 2
    assert len(told) == 100
    assert "config.yaml:1:1: k0: unknown key" in told[0]
    assert last == "error: and 3,900 more; is this a config of charrnn?"


def test_what_would_take_long_to_read_is_not_read_to_its_end(charrnn) -> None:
    Path("config.yaml").write_text("".join(f"k{n}: 1\n" for n in range(80_000)))
    ran = charrnn("config", "check", "config.yaml")
    assert ran.code == 2
    assert "config.yaml:5000:8: k4999: more than 10,000 keys and values" in ran.err


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("model.cell={name: lstm, forget_bias: 1e308}", 2),
        ("model.init={name: normal, std: 1e308}", 2),
        ("optimizer.learning_rate=1e308", 5),
        ("optimizer.learning_rate=5e-324", 0),
        ("optimizer.eps=5e-324", 5),
        ("train.max_epochs=1e308", 0),
        ("train.max_minutes=1e308", 0),
        ("train.batch_size=9223372036854775807", 0),
        ("train.seq_length=9223372036854775807", 0),
        ("train.seed=9223372036854775807", 0),
        ("train.eval_every=9223372036854775807", 0),
        ("output.keep=9223372036854775807", 0),
        ("train.recompute=9223372036854775807", 0),
    ],
)
def test_numbers_at_the_edge(charrnn, setting: str, code: int) -> None:
    Path("text.txt").write_text("the cat sat on the mat\n" * 20)
    Path("empty.yaml").write_text("")
    ran = charrnn("train", "empty.yaml", *SMALL, "--set", setting, "--quiet")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.count("\n") == (code > 0)
