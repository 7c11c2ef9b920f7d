"""Signals say what loops over the characters say, and no text takes long."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.studies.units.signals import SIGNALS, signals_of

EXAMPLES = [
    ("double quotes", 'he "said" it', "000111110000"),
    ("double quotes", "“so” no", "1110000"),
    ("double quotes", 'a " b\n\nc "d" e', "00000000011000"),
    ("double quotes", '"""a "b"\n\nc""" d', "1111111111111000"),
    ("double quotes", r'"a\"b" c', "11111000"),
    ("single quotes", "it's 'so' now", "0000011100000"),
    ("single quotes", "the boys' 'tis", "00000000000000"),
    ("single quotes", "'don't', he", "11111100000"),
    ("single quotes", "'a\nb'", "00000"),
    ("string", "f('a', \"b#\")", "001100011100"),
    ("parentheses", "a(b(c)d)e", "011111100"),
    ("parentheses", ")(a", "011"),
    ("parentheses", "(a\n\nb", "11100"),
    ("square brackets", "a[1]", "0110"),
    ("bracket depth", "a(b[c])d", "01122100"),
    ("bracket depth", "((\n \nb", "122200"),
    ("braces", "a{\n\nb}c", "0111100"),
    ("brace depth", "{{}}}{", "121001"),
    ("# comment", "a # b\nc", "0011100"),
    ("# comment", "'#' # b", "0000111"),
    ("# comment", 'x="#"\n#', "0000001"),
    ("// comment", "a//b\nc", "011100"),
    ("// comment", "http://x", "00000000"),
    ("// comment", "a/*b\n*/c", "01111110"),
    ("// comment", "'\"' //x", "0000111"),
    ("if", "if x: y", "1111000"),
    ("if", "elif x\ny", "11111100"),
    ("if", "gif if(a){", "0000111110"),
    ("indentation", "  ab\n\tc\nd", "122201100"),
    ("position in line", "ab\nc", "1201"),
    ("to line end", "ab\ncd", "10210"),
    ("first line", "a\nb\n\nc\nd", "10001100"),
    ("first line", "a\n  \nbc\n \t\n\nd", "1000111000111"),
    ("position in word", "ab c3d", "120101"),
    ("capitalised word", "Ab cD Éa", "11000011"),
    ("capitals", "AB Cd E FG", "1100000011"),
    ("digit", "a12", "011"),
    ("sentence end", 'Yes. "No!" 3.5', "00011000111000"),
]
LIKELY = st.text(st.sampled_from("ab IF'\"(){}[]#/*:.!?\n\t1“”\\é"), min_size=1, max_size=60)
texts = LIKELY | st.text(st.characters(exclude_categories=[]), min_size=1, max_size=40)


@pytest.mark.parametrize(("name", "text", "expected"), EXAMPLES)
def test_examples(name: str, text: str, expected: str) -> None:
    assert "".join(f"{value:.0f}" for value in SIGNALS[name].of(text)) == expected


def test_nothing_has_no_signals() -> None:
    assert signals_of("").shape == (20, 0)


def test_every_signal_has_an_example() -> None:
    assert {name for name, _, _ in EXAMPLES} == set(SIGNALS)


def ends_of_blank_lines(text: str) -> set[int]:
    """Where a newline follows a line of blanks alone; of several in a row every second."""
    found, last = set(), -1
    for i, c in enumerate(text):
        if c == "\n" and last >= 0 and not text[last + 1 : i].strip(" \t"):
            found.add(i)
            last = -1
        elif c == "\n":
            last = i
    return found


def loop_depth(text: str, opening: str, closing: str) -> list[int]:
    depth, found = 0, []
    ends = set() if "{" in opening else ends_of_blank_lines(text)
    for i, c in enumerate(text):
        depth = 0 if i in ends else max(0, depth + (c in opening) - (c in closing))
        found.append(depth)
    return found


def loop_lines(text: str) -> dict[str, list[int]]:
    position, indent, leading, first, blank = 0, 0, True, True, True
    found = {"position in line": [], "indentation": [], "first line": [], "digit": []}
    for c in text:
        position = 0 if c == "\n" else position + 1
        leading = c == "\n" or (leading and c in " \t")
        indent = position if leading else indent
        first = blank if c == "\n" else first
        blank = c == "\n" or (blank and c in " \t")
        for name, value in zip(found, (position, indent, first, c in "0123456789"), strict=True):
            found[name].append(int(value))
    found["to line end"] = [(text[i + 1 :] + "\n").index("\n") for i in range(len(text))]
    return found


@given(texts)
def test_depths_are_those_of_a_loop(text: str) -> None:
    for name, brackets in {"bracket depth": ("([", ")]"), "brace depth": ("{", "}")}.items():
        assert SIGNALS[name].of(text).tolist() == loop_depth(text, *brackets)
    for name, brackets in {"parentheses": "()", "square brackets": "[]", "braces": "{}"}.items():
        inside = [min(depth, 1) for depth in loop_depth(text, *brackets)]
        assert SIGNALS[name].of(text).tolist() == inside


@given(texts)
def test_lines_are_those_of_a_loop(text: str) -> None:
    for name, expected in loop_lines(text).items():
        assert SIGNALS[name].of(text).tolist() == expected, name


@given(texts)
def test_words_are_those_of_a_loop(text: str) -> None:
    """Apart from apostrophes, which belong to the word around them."""
    text = text.replace("'", "-").replace("’", "-")
    letters, expected = 0, []
    for c in text:
        letters = letters + 1 if c.isalnum() and not c.isdecimal() and c.isalpha() else 0
        expected.append(letters)
    if all(c.isalpha() or not c.isalnum() or c.isdecimal() for c in text):
        assert SIGNALS["position in word"].of(text).tolist() == expected


@given(texts)
def test_all_signals_of_any_text(text: str) -> None:
    found = signals_of(text)
    assert found.shape == (len(SIGNALS), len(text))
    assert found.dtype == np.float32
    assert (found >= 0).all()
    comments = SIGNALS["# comment"].of(text)
    assert all(text[i] == "#" or comments[i - 1] for i in np.flatnonzero(comments).tolist())
    for name in ("double quotes", "single quotes", "string"):
        inside = SIGNALS[name].of(text)
        for i in np.flatnonzero(inside).tolist():
            assert text[i] in "\"'“" or inside[i - 1]


@pytest.mark.parametrize(
    "piece",
    ['"', "'", " '", '\\"', "“", "/*", "#", ".", '?"', "\n", " \n", "if ", "a'", '"""', "{"],
)
def test_no_text_takes_long(piece: str) -> None:
    """Nothing is read twice: ten times the text takes no more than some ten times as long."""
    start = time.process_time()
    signals_of(piece * (100_000 // len(piece)))
    assert time.process_time() - start < 3
