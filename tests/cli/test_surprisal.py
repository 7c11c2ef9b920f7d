"""score --surprisal, --against and --html, from the command line."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charrnn import api
from charrnn.draw import terminal_colour as colour
from charrnn.studies.surprisal import terminal as surprisal
from charrnn.studies.surprisal import terminal_difference as against
from charrnn.studies.surprisal.difference import compared
from charrnn.studies.surprisal.page import surprisal_page
from charrnn.studies.surprisal.page_difference import difference_page
from charrnn.studies.surprisal.study import Surprisal
from charrnn.terminal import BIDI
from charrnn.text.symbols import visible
from tests import expectations
from tests.grid import examples

CONFIG = """\
data: {path: text.txt, split: [0.8, 0.1, 0.1]}
model: {cell: gru, hidden_size: 12, num_layers: 1}
train: {batch_size: 4, seq_length: 16, max_epochs: null, max_steps: 60, eval_every: 60}
output: {dir: run}
"""
TEXT = "the cat sat on the mat; the dog sat on the log.\n\nand?\n" * 40
OURS = re.compile(r"\x1b\[(0|38;5;16;48;(5;\d+|2;\d+;\d+;\d+))m")

OWN_TEXT = "note: the model was trained on this text; expect a higher loss on unseen text\n"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "text.txt").write_text(TEXT)
    for name in ("NO_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "60")


def trained(charrnn, *settings: str, out: str = "run") -> None:
    given = [part for one in settings for part in ("--set", one)]
    ran = charrnn("train", "config.yaml", "--quiet", "--out", out, *given)
    assert ran.code == 0, ran.err


def test_lines_are_numbered_from_the_first_of_the_text(charrnn) -> None:
    trained(charrnn)
    model = api.load("run")
    for text, first in (("\nthe cat\nthe dog\n", 2), ("at\nthe cat\nthe dog\n", 1)):
        Path("lines.txt").write_text(text)
        numbers = api.surprisal_of(model, ["lines.txt"]).text.numbers.tolist()
        assert numbers[:2] == [first, first + 1]


def test_json_has_all_of_it_and_agrees_with_score(charrnn) -> None:
    trained(charrnn)
    plain = json.loads(charrnn("score", "run", "text.txt", "--json").out)
    ran = charrnn("score", "run", "text.txt", "--surprisal", "--json", "--lines", "3")
    found = json.loads(ran.out)
    assert found["nats_per_char"] == pytest.approx(plain["nats_per_char"], rel=1e-5)
    inside = found.pop("surprisal")
    assert found.keys() == plain.keys()
    T = len(TEXT) - 1
    assert (found["characters"], inside["given"], "".join(inside["text"])) == (T, "t", TEXT[1:])
    for key in ("bits", "rank", "entropy_bits", "guesses", "probabilities"):
        assert len(inside[key]) == T
    assert np.mean(inside["bits"]) == pytest.approx(found["bits_per_char"], rel=1e-5)
    for k in range(0, T, 97):
        if inside["rank"][k] <= 5:
            place = inside["rank"][k] - 1
            assert inside["guesses"][k][place] == inside["text"][k]
            chance = inside["probabilities"][k][place]
            assert -np.log2(chance) == pytest.approx(inside["bits"][k], rel=1e-3, abs=1e-4)
        assert inside["probabilities"][k] == sorted(inside["probabilities"][k], reverse=True)
    assert sum(one["count"] for one in inside["symbols"]) == T
    assert sum(one["share"] for one in inside["symbols"]) == pytest.approx(1)
    assert len(inside["lines"]) == 3
    assert inside["first_guess_right"] == np.mean(np.equal(inside["rank"], 1))
    assert inside["expected_bits_per_char"] == pytest.approx(np.mean(inside["entropy_bits"]))
    short = charrnn("score", "run", "text.txt", "--surprisal", "--json", "--chars", "7").out
    assert len(json.loads(short)["surprisal"]["bits"]) == 7


def test_the_mean_of_a_model_in_float64_is_that_of_one_pass(charrnn) -> None:
    """Closer than `score`, whose tracks forget what was 512 characters ago."""
    trained(charrnn, "train.dtype=float64")
    model = api.load("run")
    found = api.surprisal_of(model, ["text.txt"])
    assert found.score.nats_per_char == pytest.approx(
        api.score(model, ["text.txt"]).nats_per_char, rel=1e-9
    )
    assert found.nats.dtype == np.float64
    assert found.text.line(0) == TEXT.splitlines()[0]
    assert found.trained is model


def test_what_a_pipe_gets_has_digits_and_no_colours(charrnn) -> None:
    trained(charrnn)
    ran = charrnn("score", "run", "text.txt", "--surprisal", "--chars", "80", "--lines", "2")
    assert (ran.code, ran.err) == (0, OWN_TEXT)
    assert ran.out.startswith(charrnn("score", "run", "text.txt").out.split(" bits")[0][:5])
    assert "\x1b" not in ran.out
    lines = ran.out.splitlines()
    assert re.match(r"the first guess is right for [\d.]+% of the characters; ", lines[1])
    lines = lines[1:]
    assert lines[2] == "the cat sat on the mat; the dog sat on the log.↵"
    assert re.fullmatch(r" [.1-9]{47}", lines[3])
    assert lines[4] == "↵"
    assert "... the first 80 of 2,159 characters; --chars N shows more" in lines
    start = lines.index("most surprising lines")
    assert lines[start + 1].split() == ["line", "nats/char", "bits/char", "text"]
    assert len(lines[start:]) == 7 + len(set(TEXT))
    assert lines[start + 5] == "loss by symbol"
    assert lines[start + 6].split() == ["symbol", "count", "bits", "share", "of", "the", "loss"]


def test_no_text_and_no_lines_if_none_are_asked_for(charrnn) -> None:
    trained(charrnn)
    for more in (("--surprisal",), ("--against", "run")):
        ran = charrnn("score", "run", "text.txt", "--chars", "0", "--lines", "0", *more)
        assert ran.code == 0, ran.err
        assert "below each character" not in ran.out
        assert re.search("^(most surprising lines|lines that A predicts.*): none$", ran.out, re.M)


def test_a_line_is_broken_where_the_terminal_ends(charrnn) -> None:
    found = expectations.surprisal([ord(c) for c in "ab漢字" * 20])
    page = surprisal.view(found, chars=79, lines=0, colours=False)
    widths = [sum(2 if c in "漢字" else 1 for c in line) for line in page.splitlines()[2:6]]
    assert widths == [60, 59, 60, 59]  # a digit is as wide as one column of two


def test_colours_on_demand_in_24_bits_or_256(charrnn, monkeypatch) -> None:
    trained(charrnn)
    asked = ("score", "run", "text.txt", "--surprisal", "--color")
    monkeypatch.setenv("NO_COLOR", "1")
    assert re.search(r"\x1b\[38;5;16;48;5;\d+m", charrnn(*asked, "always").out)
    monkeypatch.setenv("COLORTERM", "truecolor")
    assert re.search(r"\x1b\[38;5;16;48;2;\d+;\d+;\d+m", charrnn(*asked, "always").out)
    assert "\x1b" not in charrnn(*asked, "never").out


@pytest.mark.parametrize(
    ("terminal", "environment", "choice", "then"),
    [
        (True, {}, "auto", True),
        (True, {"NO_COLOR": "1"}, "auto", False),
        (True, {"NO_COLOR": ""}, "auto", True),
        (True, {"TERM": "dumb"}, "auto", False),
        (False, {}, "auto", False),
        (True, {"NO_COLOR": "1"}, "always", True),
        (True, {}, "never", False),
    ],
)
def test_when_colours_are_wanted(monkeypatch, terminal, environment, choice, then) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    assert colour.wanted(choice) is then


def test_against_another_model(charrnn) -> None:
    trained(charrnn)
    trained(charrnn, "model.hidden_size=3", "train.max_steps=5", out="poor")
    ran = charrnn("score", "run", "text.txt", "--against", "poor", "--lines", "2")
    assert ran.code == 0, ran.err
    assert re.search(r"^A +[\d.]+ +[\d.]+  run/best.npz$", ran.out, re.M)
    assert re.search(r"^A is better by [\d.]+ bits/char \(95 % interval [\d.]+ to", ran.out, re.M)
    assert "bootstrap over lines" in " ".join(ran.out.split())
    assert "lines that B predicts better, and by how much: none\n" in ran.out
    found = json.loads(charrnn("score", "run", "text.txt", "--against", "poor", "--json").out)
    plain = json.loads(charrnn("score", "poor", "text.txt", "--json").out)
    both = found["against"]
    assert both["nats_per_char"]["b"] == pytest.approx(plain["nats_per_char"], rel=1e-5)
    low, high = both["difference"]["interval_bits"]
    assert low < both["difference"]["bits_per_char"] < high < 0
    assert both["lines"]["b_better"] == []
    np.testing.assert_allclose(
        np.subtract(both["a"]["bits"], both["b"]["bits"]), both["bits"], atol=1e-5
    )
    turned = json.loads(charrnn("score", "poor", "text.txt", "--against", "run", "--json").out)
    assert turned["against"]["difference"]["bits_per_char"] == pytest.approx(
        -both["difference"]["bits_per_char"]
    )


@pytest.mark.parametrize(
    ("settings", "code", "says"),
    [
        (["data.level=byte"], 2, "data.level is char and byte; compare models"),
        (
            ['data.records="\\n"'],
            2,
            r"data.records is null and \n; compare models with the same data.records",
        ),
        (["data.lowercase=true"], 2, "do not read the same characters in this text"),
        (["data.path=small.txt"], 3, "error: other/best.npz: text.txt: the model does not know"),
    ],
)
def test_models_that_cannot_be_compared_are_refused_in_a_line(
    charrnn, settings, code, says
) -> None:
    Path("text.txt").write_text(TEXT + "The End\n")
    Path("small.txt").write_text("the cat sat on a mat\n" * 60)
    trained(charrnn)
    trained(charrnn, *settings, "train.max_steps=2", out="other")
    ran = charrnn("score", "run", "text.txt", "--against", "other")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.count("\n") == 1
    assert says in ran.err


def test_bytes_against_bytes_and_unknown_characters(charrnn) -> None:
    Path("text.txt").write_text(TEXT + "naïve\n", encoding="utf-8")
    trained(charrnn, "data.level=byte")
    trained(charrnn, "data.level=byte", "data.vocabulary=train", "train.max_steps=9", out="other")
    ran = charrnn("score", "run", "text.txt", "--against", "other", "--json")
    both = json.loads(ran.out)["against"]
    assert both["left_out"] == 3  # the two bytes of one letter, and another letter
    assert both["characters"] == len(TEXT) + 7 - 1 - 3
    shown = charrnn("score", "run", "text.txt", "--against", "other", "--chars", "9999")
    told = " ".join(shown.out.split())
    assert "3 characters that one of them does not know are left out" in told
    assert r"na\xc3\xafve" in shown.out


def test_records_with_their_ends(charrnn) -> None:
    Path("text.txt").write_text("\n\nanna\n\nbob\ncarla\n" * 30)
    trained(charrnn, 'data.records="\\n"')
    found = json.loads(charrnn("score", "run", "text.txt", "--surprisal", "--json").out)
    inside = found["surprisal"]
    assert found["characters"] == 30 * 15
    assert inside["given"] is None
    assert "".join(inside["text"][:15]) == "anna\nbob\ncarla\n"
    lines = {one["line"]: one["text"] for one in inside["lines"]}
    assert all(lines[k] == {3: "anna", 5: "bob", 6: "carla"}[(k - 1) % 6 + 1] for k in lines)
    plain = json.loads(charrnn("score", "run", "text.txt", "--json").out)
    assert found["nats_per_char"] == pytest.approx(plain["nats_per_char"], rel=1e-5)


def test_weights_that_predict_nothing_are_one_line(charrnn, monkeypatch) -> None:
    trained(charrnn)
    monkeypatch.setattr(
        "charrnn.nn.model.CharModel.losses", lambda self, y, tape: np.full(y.size, np.nan)
    )
    ran = charrnn("score", "run", "text.txt", "--surprisal")
    assert (ran.code, ran.out) == (4, "")
    assert "its predictions are not finite: its weights are too large" in ran.err


def test_a_page_takes_the_place_of_the_view(charrnn) -> None:
    trained(charrnn)
    ran = charrnn("score", "run", "text.txt", "--html", "page.html")
    assert ran.out == charrnn("score", "run", "text.txt", "--surprisal").out.splitlines(True)[0]
    assert ran.err == f"wrote page.html\n{OWN_TEXT}"
    assert Path("page.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert charrnn("score", "run", "text.txt", "--html", "text.txt/page.html").code == 2


WILD = st.text(
    st.sampled_from("ab \n\t\r\0\x07\x1b\x7f\x85\xa0\xad\u0301\u200b\u202e\u2066\u2028")
    | st.sampled_from("<>&'\"\\{}$`\ud800\udfff\ufffd\ufeff漢א😀")
    | st.characters(),
    min_size=2,
    max_size=60,
)
NASTY = "</script><script>alert(1)</script><!-- &lt; \x1b]0;x\x07\x1b[2J\u202e\0\n" * 2


def seen(text: str, level: str, seed: int = 1) -> Surprisal:
    symbols = (
        list(text.encode("utf-8", "surrogatepass")) if level == "byte" else list(map(ord, text))
    )
    return expectations.surprisal(symbols, level, seed=seed, name=f"{text[:8]}.txt")


@examples(60)
@example(NASTY, "char")
@example(NASTY, "byte")
@given(WILD, st.sampled_from(["char", "byte"]))
def test_a_terminal_obeys_nothing_of_a_wild_text(text: str, level: str) -> None:
    found = seen(text, level)
    both = compared(found, seen(text, level, 2))
    for colours in (False, True):
        for page in (
            surprisal.view(found, chars=50, lines=9, colours=colours),
            against.view(both, chars=50, lines=9, colours=colours),
        ):
            rest = OURS.sub("", page) if colours else page
            control = {c for c in rest if ord(c) < 32 or 127 <= ord(c) < 160}
            assert control <= {"\n", "\t"}
            assert not BIDI & set(rest)
            rest.encode("utf-8")


class Page(HTMLParser):
    """The elements of a page, and the data in it."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.data, self.in_data = "", False
        self.feed(content)

    def handle_starttag(self, tag, attrs) -> None:
        self.elements.append(tag)
        self.in_data = ("id", "data") in attrs
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.data += data if self.in_data else ""
        self.in_data = False


EXPECTED = Page(surprisal_page(expectations.surprisal([97, 98]), chars=9, lines=0))


@examples(40)
@example(NASTY, "char")
@example(NASTY, "byte")
@given(WILD, st.sampled_from(["char", "byte"]))
def test_no_text_is_more_than_text_in_a_page(text: str, level: str) -> None:
    found = seen(text, level)
    for content in (
        surprisal_page(found, chars=50, lines=9),
        difference_page(compared(found, seen(text, level, 2)), chars=50, lines=9),
    ):
        content.encode("utf-8")
        assert not BIDI & set(content)
        page = Page(content)
        assert page.elements.count("script") == 2
        assert set(page.elements) <= {*EXPECTED.elements, "td"}
        data = json.loads(page.data)
        symbols = {found.text.given, *found.text.symbols[:50].tolist()}
        assert data["shown"] == [visible(symbol, level) for symbol in sorted(symbols)]
