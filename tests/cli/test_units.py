"""charrnn units: tables, a text in colours or with signs below, JSON, errors in a line."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from charrnn import api
from charrnn.draw.colours import BLUE_TO_RED, blend
from tests.saved import TEXT, save

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def run(charrnn):
    """`charrnn units run.npz text.txt ...`, of an LSTM 1x2 that nobody has trained."""
    save(Path("run.npz"))
    Path("text.txt").write_text(TEXT, encoding="utf-8")
    return lambda *arguments: charrnn("units", "run.npz", "text.txt", *arguments)


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What `charrnn units run.npz text.txt ...` writes to a terminal."""
    pty = pytest.importorskip("pty")  # Windows has none
    master, slave = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLORTERM")}
    program = [sys.executable, "-m", "charrnn", "units", "run.npz", "text.txt", *arguments]
    env = {**clean, "TERM": "xterm-256color", **environment}
    process = subprocess.Popen(program, stdout=slave, stderr=subprocess.DEVNULL, env=env)
    os.close(slave)
    pieces = []
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # Linux: nobody writes any more
            piece = b""
        if not piece:
            break
        pieces.append(piece)
    os.close(master)
    assert process.wait() == 0
    return b"".join(pieces).decode().replace("\r\n", "\n")


def test_a_summary(run) -> None:
    ran = run()
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "lstm 1x2, 128 characters"
    assert lines[2].split() == ["layer", "value", "low", "high", "deviation", "distribution"]
    assert [line.split()[1] for line in lines[3:9]] == list("hcifog")
    assert lines[4].split()[2:4] == ["-", "-"]  # c has no bounds


def test_the_units_that_were_found(run) -> None:
    ran = run("--find")
    trained = api.watch(api.load("run.npz"), ["text.txt"])
    for one in api.survey_units(trained, find=True).found:
        row = next(line for line in ran.out.splitlines() if line.startswith(one.signal))
        assert row.endswith(f"{one.held_out:+.3f}  {one.p:.3f}")
    assert "not in both halves of this text: double quotes, single quotes, string" in ran.out


def test_json_is_what_the_library_says(run) -> None:
    ran = run("--find", "--unit", "0:1", "--what", "c", "--chars", "20", "--json")
    told = json.loads(ran.out)
    watched = api.watch(api.load("run.npz"), ["text.txt"])
    one = api.watch_unit(watched, api.UnitName(0, 1, "c"))
    assert (told["characters"], told["characters_in_all"]) == (128, 128)
    assert "".join(told["unit"]["text"]) == TEXT[:20]
    np.testing.assert_allclose(told["unit"]["values"], one.values[:20], atol=1e-6)
    assert told["unit"]["highest"][0]["place"] == int(one.values.argmax())
    assert told["unit"]["lowest"][0]["value"] == pytest.approx(float(one.values.min()))
    assert [(v["layer"], v["name"]) for v in told["values"]] == [(0, name) for name in "hcifog"]
    assert told["values"][1]["left"] is None
    assert len(told["values"][2]["left"]) == 2
    found = api.survey_units(watched, find=True)
    assert [one["signal"] for one in told["found"]] == [one.signal for one in found.found]
    assert told["found"][0]["p"] == found.found[0].p


def test_read_no_more_than_is_asked(run) -> None:
    ran = run("--read", "32")
    assert ran.out.startswith("lstm 1x2, 32 characters of 128; --read N reads more\n")
    assert json.loads(run("--read", "32", "--json").out)["characters"] == 32


def test_in_a_pipe_there_are_signs(run) -> None:
    ran = run("--unit", "0:1", "--chars", "32")
    assert "\x1b" not in ran.out
    lines = ran.out.splitlines()
    watched = api.watch(api.load("run.npz"), ["text.txt"])
    one = api.watch_unit(watched, api.UnitName(0, 1))
    assert lines[2] == TEXT[:15] + "↵"
    low, high = one.ends
    shares = (one.values[:16] - low) / (high - low)
    expected = "".join("=- +#"[min(int(share * 5), 4)] for share in shares)
    assert lines[3] == expected.rstrip()
    assert "below each character a sign: = below " in ran.out
    assert "... the first 32; --chars N shows more" in ran.out


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("depth", ["", "truecolor"])
def test_in_a_terminal_there_are_colours(depth: str) -> None:
    out = on_a_terminal("--unit", "0:0", "--what", "f", "--chars", "16", COLORTERM=depth)
    assert ("48;2;" in out) == (depth == "truecolor")
    assert ("48;5;" in out) == (depth == "")
    assert ESCAPE.sub("", out).splitlines()[2] == TEXT[:15] + "↵"
    watched = api.watch(api.load("run.npz"), ["text.txt"])
    one = api.watch_unit(watched, api.UnitName(0, 0, "f"))
    if depth:
        red, green, blue = blend(BLUE_TO_RED, float(one.values[0]))
        assert f"48;2;{red};{green};{blue}ma" in out


def test_who_wants_no_colours_gets_none(run) -> None:
    unit = ("--unit", "0:0")
    assert "\x1b" in run(*unit, "--color", "always").out
    assert "\x1b" not in on_a_terminal(*unit, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(*unit, "--color", "never")


@pytest.mark.parametrize("colour", ["always", "never"])
def test_nothing_of_a_text_reaches_the_terminal(charrnn, colour: str) -> None:
    text = "a\x1b]0;x\x07\u202eb\tc\n" * 20
    Path("text.txt").write_text(text, encoding="utf-8", newline="\n")
    tiny = ("--set", "model={cell: gru, hidden_size: 4, num_layers: 1}", "--quiet")
    charrnn("train", "configs/hello.yaml", "--set", "data.path=text.txt", *tiny, "--max-steps", "2")
    ran = charrnn("units", "runs/hello", "text.txt", "--unit", "2", "--color", colour)
    assert ran.code == 0
    shown = ESCAPE.sub("", ran.out)
    assert not set("\x1b\x07\u202e") & set(shown)
    assert r"\x1b]0;x\x07\u202eb" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--unit", "0:9"), "there is no unit 9; layer 0 has units 0 to 1"),
        (("--unit", "4:0"), "there is no layer 4; the network has layer 0 alone"),
        (("--layer", "4"), "there is no layer 4; the network has layer 0 alone"),
        (
            ("--unit", "0:0", "--what", "r"),
            "a unit of this lstm has no 'r'; it has h, c, i, f, o, g",
        ),
        (("--unit", "two"), "unit two: expected LAYER:UNIT, as in 0:37; both count from 0"),
        (("--what", "c"), "--what requires --unit"),
        (("--gates",), "--gates requires --find"),
        (("--html", "text.txt/folder.html"), "text.txt/folder.html: the page cannot be written"),
    ],
)
def test_errors_are_one_line(run, arguments: tuple[str, ...], said: str) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.err.startswith(f"error: {said}")
    assert ran.err.count("\n") == 1


def test_a_text_that_cannot_be_read(run) -> None:
    Path("text.txt").write_text("xyz", encoding="utf-8")
    assert run().code == 3
    Path("run.npz").write_text("xyz", encoding="utf-8")
    assert run().code == 4
