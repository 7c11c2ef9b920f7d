"""sample --interactive: the session as an object, through pipes, and at a real terminal."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charrnn import api
from charrnn.errors import DataError, UsageError
from charrnn.sampling import predict
from charrnn.studies.play.bars import Canvas, chart
from charrnn.studies.play.help import help_text
from charrnn.studies.play.session import Session
from charrnn.terminal import columns_of
from charrnn.text.vocab import Vocabulary
from tests.grid import examples
from tests.saved import save

ASCII = Canvas(columns=60, blocks=False, colour=False)


@pytest.fixture
def model(charrnn, tmp_path: Path):
    """A model that knows a, b, c, d and the newline; and the command."""
    save(tmp_path / "model.npz")
    return charrnn


@pytest.fixture
def session(model) -> Session:
    return Session(api.load("model.npz"), api.Request(length=30), lambda: ASCII, bars=False)


def said(session: Session, line: str) -> str:
    answer = session.answer(line)
    return answer.drawn + "".join(answer.text)


def test_the_text_is_that_of_plain_sample(model, session: Session) -> None:
    def plain(*options: str) -> str:
        return model("sample", "model.npz", *options).out + "\n"

    assert said(session, "ab") == plain("--prime", "ab", "-n", "30")
    assert said(session, "") == plain("-n", "30")
    for line in (":t 0.5", ":k 3", ":p 0.8", ":seed 7", ":n 50"):
        assert said(session, line) == ""
    same = ("--temperature", "0.5", "--top-k", "3", "--top-p", "0.8", "-n", "50")
    assert said(session, "ca") == plain("--prime", "ca", *same, "--seed", "7")
    assert said(session, ":again") == plain("--prime", "ca", *same, "--seed", "7")
    assert said(session, ":next") == plain("--prime", "ca", *same, "--seed", "8")
    for line in (":temp off", ":top-k off", ":top-p off", ":greedy", ":stop a", r"b\nc"):
        text = said(session, line)
    assert text == plain("--prime", "b\nc", "--greedy", "--stop", "a", "-n", "50", "--seed", "8")
    assert session.prompt == "greedy  seed 8  n 50  stop 'a'> "
    assert said(session, ":reset") == ""
    assert session.prompt == "n 30> "
    assert said(session, ":again") == plain("--prime", "b\nc", "-n", "30")


def test_more_goes_on_from_all_that_was_written(model, session: Session) -> None:
    first = said(session, "ab").removesuffix("\n")
    more = said(session, ":more").removesuffix("\n")
    Path("so-far").write_text(first)
    options = ("--prime-file", "so-far", "--seed", "1", "-n", "30")
    assert first + more == model("sample", "model.npz", *options).out
    assert said(session, ":probs") == said(session, f":probs {first}{more}".replace("\n", r"\n"))


def test_a_text_that_was_stopped_is_gone_on_with_from_there(session: Session) -> None:
    text = session.answer("ab").text
    shown = "".join(next(text) for _ in range(5))
    assert len(shown) == 6
    more = said(session, ":more")
    session.request = replace(session.request, length=0)
    assert said(session, ":again") == shown + "\n"
    assert more
    session.request = replace(session.request, length=30)
    assert said(session, ":again") == shown + more


def test_more_twice_doubles_nothing(model, session: Session) -> None:
    flat = session.trained.params.flat
    flat[...] = np.random.default_rng(1).normal(size=len(flat))  # so that what was read counts
    said(session, ":n 8")
    texts = [said(session, line).removesuffix("\n") for line in ("ab", ":more", ":more")]
    said(session, ":n 0")
    assert said(session, ":more") == "\n"
    assert said(session, ":again") == "".join(texts) + "\n"
    assert [len(text) for text in texts] == [10, 8, 8]
    probabilities = said(session, ":probs")
    assert probabilities == said(session, ":probs " + "".join(texts).replace("\n", r"\n"))
    found = api.next_probabilities(session.trained, api.Request(prime="abc"))
    assert said(session, ":probs abc") == chart(found, ASCII)
    for line in (":reset", ":n 0"):
        said(session, line)
    assert said(session, ":again") == "".join(texts) + "\n"


def test_more_of_bytes_that_are_no_text(tmp_path: Path) -> None:
    """Half a character, and bytes that are never one: the ids go on, not what is shown of them."""
    trained = api.load(save(tmp_path / "model.npz", "data.level=byte"))
    both = Vocabulary("byte", (10, 97, 0xB6, 0xC3, 0xFF))
    session = Session(
        replace(trained, vocabulary=both),
        api.Request(length=5),
        lambda: ASCII,
        bars=False,
    )
    cut = 0
    for seed in range(20):
        said(session, f":seed {seed}")
        said(session, "a")
        first = list(session.new)
        cut += both.symbols[first[-1]] == 0xC3
        shown = said(session, ":more").removesuffix("\n")
        second = list(session.new)
        request = api.Request(prime="a", written=tuple(first), seed=seed + 1, length=5)
        (expected,) = api.sample(session.trained, request)
        assert (expected.ids, expected.text) == (second, shown)
        read = np.append(both.encode("a"), [*first, *second])
        model, _ = predict(session.trained.model, session.trained.params, read, [])
        found = api.next_probabilities(
            session.trained, replace(session.request, written=session.so_far())
        )
        assert model[found.ids].tolist() == found.model.tolist()
        assert said(session, ":probs") == chart(found, ASCII)
    assert cut
    (whole,) = api.sample(
        session.trained, api.Request(prime="a", written=(3,), length=1, top_k=1, seed=0)
    )
    assert whole.text == bytes([0xC3, both.symbols[whole.ids[0]]]).decode(errors="replace")


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ("xyz", DataError, "the model does not know 'x', 'y', 'z'"),
        (":probs Q", DataError, "'Q'"),
        (":t", UsageError, ":temperature : expected a number"),
        (":t warm", UsageError, ":temperature warm: expected a number"),
        (":t -1", UsageError, "temperature is -1"),
        (":n -1", UsageError, "length"),
        (":n 1.5", UsageError, "a whole number"),
        (":k 0", UsageError, "top-k"),
        (":seed -1", UsageError, "seed"),
        (":greedy maybe", UsageError, "on or off"),
        (":bars maybe", UsageError, "on or off"),
        (":top 3", UsageError, ":top could be :top-k or :top-p"),
        (":what", UsageError, "there is no command :what; :help"),
        (":", UsageError, "no command"),
    ],
)
def test_a_line_that_is_refused_changes_nothing(session: Session, line, error, words) -> None:
    before = said(session, "ab"), session.prompt, session.bars
    with pytest.raises(error, match=re.escape(words)):
        said(session, line)
    assert (said(session, ":again"), session.prompt, session.bars) == before


@examples(50)
@given(st.text() | st.text(":abnstk -.019offshowmresgi"))
@example(":n 99999999999999999999")
@example(":seed 99999999999999999999")
@example(":k 99999999999999999999")
def test_no_line_is_too_wild(trained_once, line: str) -> None:
    session = Session(trained_once, api.Request(length=3), lambda: ASCII, bars=True)
    with suppress(UsageError, DataError):
        said(session, line)
        said(session, ":stop a")
        said(session, ":again")


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory) -> api.Trained:
    return api.load(save(tmp_path_factory.mktemp("once") / "model.npz"))


def test_show_help_and_quit(session: Session) -> None:
    assert said(session, ":help") == help_text()
    for name in session.actions:
        assert f":{name}" in f"{help_text()}:help"
    said(session, ":t 0.7")
    assert said(session, ":show").splitlines()[1:3] == ["temperature  0.7", "top-k        off"]
    assert not session.over
    said(session, ":q")
    assert session.over


def test_a_record_that_ended_has_no_more(charrnn, tmp_path: Path) -> None:
    save(tmp_path / "model.npz", 'data.records="a"')
    session = Session(api.load("model.npz"), api.Request(), lambda: ASCII, bars=False)
    assert said(session, "b").endswith("a\n")
    with pytest.raises(UsageError, match="the record is at its end"):
        session.answer(":more")


def test_a_record_cut_short_gets_its_line(charrnn, tmp_path: Path) -> None:
    save(tmp_path / "model.npz", r'data.records="\n"')
    ran = charrnn("sample", "model.npz", "-n", "2", "--count", "9", "--prime", "ab")
    lines = ran.out.split("\n")
    assert len(lines) == 10
    assert lines[-1] == ""
    assert all(line.startswith("ab") for line in lines[:-1])
    assert len(lines[-2]) == 4  # it was cut


def test_the_chances_are_those_of_the_draw(trained_once) -> None:
    request = api.Request(prime="abac", temperature=0.5, top_k=3)
    found = api.next_probabilities(trained_once, request)
    assert found.model.sum() == pytest.approx(1.0)
    assert (np.diff(found.model) <= 0).all()
    names = trained_once.vocabulary.names()
    assert found.names == tuple(names[k] for k in found.ids)
    sharper = found.model[:3] ** 2  # the temperature is a half
    assert found.drawn[:3] == pytest.approx(sharper / sharper.sum())
    assert not found.drawn[3:].any()
    chance = dict(zip(found.ids.tolist(), found.model, strict=True))
    many = api.sample(trained_once, api.Request(prime="abac", length=1, count=400))
    for one in many:
        assert np.exp(one.log_prob) == pytest.approx(chance[one.ids[0]], rel=1e-5)
    share = sum(one.ids[0] == found.ids[0] for one in many) / 400
    assert share == pytest.approx(found.model[0], abs=0.1)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30).filter(any),
    st.integers(1, 200),
    st.booleans(),
    st.sampled_from(["'a'", "'漢'", "U+200B ZERO WIDTH SPACE"]),
)
def test_a_chart_fits_where_it_is_drawn(chances, columns: int, blocks: bool, name: str) -> None:
    p = np.sort(np.array(chances) / sum(chances))[::-1]
    found = api.Prediction(np.arange(len(p)), (name,) * len(p), p, p)
    plain = chart(found, Canvas(columns, blocks, colour=False))
    lines = plain.splitlines()
    assert len(lines) == min(len(p), 10) + (len(p) > 10)
    drawn = [re.split(r"%\s*", line)[1] for line in lines]
    if any(drawn):
        assert max(map(columns_of, lines)) < columns
        assert set("".join(drawn)) <= set("▏▎▍▌▋▊▉█" if blocks else "#")
        assert [len(b) for b in drawn] == sorted((len(b) for b in drawn), reverse=True)
    coloured = chart(found, Canvas(columns, blocks, colour=True))
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


LINES = b"""\
ab
:t 0.5
:again
xyz
:probs
\xff
ca\r
:quit
never
"""


def test_a_script_comes_through_a_pipe(model) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "charrnn", "sample", "model.npz", "-n", "20", "--interactive"],
        input=LINES,
        capture_output=True,
        check=False,
    )
    half = ("-n", "20", "--temperature", "0.5")
    plain = [
        model("sample", "model.npz", "--prime", "ab", "-n", "20").out,
        model("sample", "model.npz", "--prime", "ab", *half).out,
        model("sample", "model.npz", "--prime", "ca", *half).out,
    ]
    said = ran.stdout.decode()
    assert said.startswith(f"{plain[0]}\n{plain[1]}\n")
    assert said.endswith(f"\n{plain[2]}\n")
    assert "\x1b" not in said
    assert said.count("%") == 10  # five symbols, drawn and by the model
    complaints = ran.stderr.decode().splitlines()
    assert [line.partition(":")[0] for line in complaints] == ["error"] * 2
    assert "'x', 'y', 'z'" in complaints[0]
    assert "no text" in complaints[1]
    assert ran.returncode == 0


def test_the_end_of_a_pipe_is_the_end_and_head_may_close_the_other(model) -> None:
    command = f"{sys.executable} -m charrnn sample model.npz --interactive --prime ab"
    for line in (f"{command} < /dev/null | wc -c", f"yes ab | {command} | head -c 700 | wc -c"):
        ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        assert (ran.stdout.strip(), ran.stderr) in (("503", ""), ("700", ""))


@pytest.mark.parametrize("other", ["--json", "--novelty", "--count=2", "--corpus=text.txt"])
def test_what_does_not_go_together_is_refused(model, other: str) -> None:
    ran = model("sample", "model.npz", "--interactive", other)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


class Terminal:
    """A real terminal with a session in it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.seen = descriptor, ""

    def type(self, keys: str) -> None:
        os.write(self.descriptor, keys.encode())

    def until(self, text: str) -> str:
        """What appears up to `text` and with it."""
        end = time.monotonic() + 30
        while text not in self.seen:
            assert select.select([self.descriptor], [], [], end - time.monotonic())[0], self.seen
            self.seen += os.read(self.descriptor, 65536).decode(errors="replace")
        found, _, self.seen = self.seen.partition(text)
        return found + text


@contextmanager
def terminal(*options: str, **environment: str) -> Iterator[tuple[Terminal, int]]:
    pty = pytest.importorskip("pty")  # Windows has none
    child, descriptor = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        command = [sys.executable, "-m", "charrnn", "sample", "model.npz", *options]
        plain = {"TERM": "xterm", "COLUMNS": "60", "LINES": "24"}
        os.execve(sys.executable, command, {**os.environ, **plain, **environment})
    try:
        yield Terminal(descriptor), child
    finally:
        os.close(descriptor)


def left(screen: Terminal, child: int, key: str) -> int:
    """The exit code after `key`.

    It may have to be pressed again: a Ctrl-C that comes just as Python begins to wait for a line is
    not seen until something else comes.
    """
    for _ in range(20):
        screen.type(key)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            found, status = os.waitpid(child, os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
    raise AssertionError(screen.seen)


def test_at_a_terminal(model) -> None:
    plain = model("sample", "model.npz", "--prime", "ab", "-n", "30").out
    with terminal("--interactive", "-n", "30") as (screen, child):
        head = screen.until("n 30> ")
        assert head.count("\r\n") == 3
        assert ":t 0.8 " in head
        assert "Ctrl-C" in head
        screen.type("ab\n")
        shown = screen.until("\r\nn 30> ")
        assert "\x1b[36m█" in shown
        assert plain.replace("\n", "\r\n") in shown
        screen.type(":n 10000000\n")
        screen.until("\r\nn 10000000> ")
        screen.type(":bars off\n")
        screen.until("\r\nn 10000000> ")
        screen.type("ca\n")
        screen.until("\r\nca")
        screen.type("\x03")  # Ctrl-C ends the text
        screen.until("\r\nn 10000000> ")
        screen.type("xyz\n")
        assert "error: the model does not know 'x', 'y', 'z'" in screen.until("\r\nn 10000000> ")
        screen.type(":n 30\n")
        screen.until("\r\nn 30> ")
        screen.type("\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A\n")  # six lines back: ab
        assert plain.replace("\n", "\r\n") in screen.until("\r\nn 30> ")
        assert left(screen, child, "\x04") == 0


def test_ctrl_c_at_the_prompt_leaves(model) -> None:
    with terminal("--interactive", NO_COLOR="1", PYTHONIOENCODING="ascii") as (screen, child):
        screen.until("> ")
        screen.type(":n 5\n")
        screen.until("n 5> ")
        screen.type("ab\n")
        shown = screen.until("\r\nn 5> ")
        assert "%  ##" in shown
        assert "\x1b[36m" not in shown
        assert left(screen, child, "\x03") == 130
