"""Texts of every kind through the command line: one line and exit code 3, or a model."""

import json
import sys
from pathlib import Path
from subprocess import run

import pytest

CONFIG = """\
data: {path: text.txt, split: [0.8, 0.1, 0.1]}
model: {hidden_size: 4, num_layers: 1}
train: {batch_size: 2, seq_length: 8, max_steps: 2}
output: {dir: run}
"""

UNREADABLE = {
    "empty": (b"", "the text is empty"),
    "a mark and nothing else": (b"\xef\xbb\xbf", "the text is empty"),
    "invalid in the middle": (b"good\n" * 50 + b"\xff\xfe bad", "byte 250 (line 51) is not utf-8"),
    "cut in a character": (b"abc \xc3", "byte 4 (line 1) is not utf-8: c3 (unexpected end"),
    "a lone surrogate": (b"ab\xed\xa0\x80cd", "byte 2 (line 1) is not utf-8: ed"),
    "surrogates in pairs": (b"ab\xed\xa0\xbd\xed\xb8\x80", "byte 2 (line 1) is not utf-8: ed"),
    "overlong": (b"\xc0\x80" * 9, "byte 0 (line 1) is not utf-8: c0"),
    "beyond Unicode": (b"\xf4\x90\x80\x80", "byte 0 (line 1) is not utf-8: f4"),
    "UTF-16": ("hello".encode("utf-16"), "byte 0 (line 1) is not utf-8: ff"),
}


@pytest.fixture(autouse=True)
def _config(charrnn) -> None:
    Path("config.yaml").write_text(CONFIG)


def refused(ran, said: str) -> bool:
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("error: text.txt: ")
    return said in ran.err and ran.err.count("\n") == 1


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_told_with_its_place(charrnn, name: str) -> None:
    raw, said = UNREADABLE[name]
    Path("text.txt").write_bytes(raw)
    commands = ("train", "config.yaml"), ("gradcheck", "config.yaml"), ("gradients", "config.yaml")
    for command in (("vocab", "text.txt"), *commands):
        assert refused(charrnn(*command), said)
    assert not Path("run").exists()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_missing_byte_order_mark_is_an_error(charrnn, encoding: str) -> None:
    Path("text.txt").write_bytes("hello hello".encode(f"{encoding}-le"))
    ran = charrnn("vocab", "text.txt", "--encoding", encoding)
    assert refused(ran, "tream does not start with BOM; name its --encoding with the byte order")
    assert charrnn("vocab", "text.txt", "--encoding", f"{encoding}-le").code == 0


@pytest.mark.parametrize("text", ["a", "ab"])
def test_too_short_to_learn_from(charrnn, text: str) -> None:
    Path("text.txt").write_text(text)
    assert refused(charrnn("train", "config.yaml"), "training needs 2 or more; use a longer text")
    assert charrnn("vocab", "text.txt").code == 0


READABLE = {
    "three characters": (b"abc", 3),
    "one symbol": (b"a" * 500, 500),
    "newlines alone": (b"\n" * 500, 500),
    "CR alone": (b"\r" * 500, 500),
    "CRLF alone": (b"\r\n" * 300, 300),
    "mixed newlines": (b"a\r\nb\rc\nd\n\re" * 50, 500),
    "NUL": (b"a\0b\0" * 100, 400),
    "NUL alone": (b"\0" * 400, 400),
    "a mark": (b"\xef\xbb\xbfhello\n" * 100, 699),
    "control characters": (bytes(range(32)) * 20, 640),
    "noncharacters": ("\ufffe\uffff\U0010ffff".encode() * 50, 150),
    "an accent of thousands": (b"e" + "\u0301".encode() * 3000, 3001),
    "escape sequences": (b"\x1b[2J\x1b]0;title\x07" * 30, 420),
    "right to left": ("\u202eabc\u2066".encode() * 60, 300),
}


@pytest.mark.parametrize("name", READABLE)
def test_what_can_be_read_trains_and_samples(charrnn, name: str) -> None:
    raw, characters = READABLE[name]
    Path("text.txt").write_bytes(raw)
    assert json.loads(charrnn("vocab", "text.txt", "--json").out)["characters"] == characters
    ran = charrnn("train", "config.yaml")
    assert (ran.code, ran.out) == (0, "")
    assert "\x1b" not in ran.err
    ran = charrnn("sample", "run", "-n", "20", "--json")
    assert len(json.loads(ran.out)["samples"][0]["text"]) == 20
    assert charrnn("score", "run", "text.txt").code == 0


PEAK = """
import re, sys
from pathlib import Path
from charrnn.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) // 1024, file=sys.stderr)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("raw", [b"\0", b"all on one line; "])
def test_one_endless_line_is_read_in_bounded_memory(charrnn, tmp_path, monkeypatch, raw) -> None:
    """128 MiB here, which one copy would show; a gigabyte takes the same memory."""
    monkeypatch.setenv("CHARRNN_CACHE", str(tmp_path / "own"))
    with Path("text.txt").open("wb") as file:
        for _ in range(128):
            file.write(raw * (2**20 // len(raw)))
    small = ["train", "config.yaml", "--quiet", "--set", "data.split=[0.99999,0.00001,0]"]
    for command in (["vocab", "text.txt", "--lowercase", "--normalize", "NFC"], small):
        monkeypatch.setenv("CHARRNN_KERNELS", "numpy")
        ran = run(
            [sys.executable, "-c", PEAK, *command], capture_output=True, text=True, check=True
        )
        assert int(ran.stderr.split()[-1]) < 150
    assert sum(file.stat().st_size for file in Path("own").iterdir()) > 125 * 2**20
    Path("text.txt").unlink()
    for file in Path("own").iterdir():
        file.unlink()
