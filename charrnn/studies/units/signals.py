"""Signals: features of a text at every character, such as quotes, brackets, lines, words.

Each signal of a text of T characters is (T,) numbers. Those of a character are what somebody knows
who has read it: an opening quote is inside, the closing one is not any more, and after a newline a
new line has begun. Four look ahead, as readers of such texts do, by a rule and not by a parser: a
quote or a string counts if it ends, and so does a sentence; and the distance to the end of a line
is what a network can only expect.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Bools, Floats, Ids

# What opens and does not close is read as well, and counts for nothing: so no text takes long.
TRIPLE = r'"{3}[\s\S]*?(?:("{3})|\Z)'
DOUBLE = r'"(?:\\.|(?!\n[ \t]*\n)[^"\\])*+(")?'  # ends in its paragraph
CURLY = r"“(?:(?!\n[ \t]*\n)[^“”])*+(”)?"
# Opens where no word continues and ends where none does, in one line: so apostrophes are none.
SINGLE = r"(?<![\w'])'(?:\\.|(?<=\w)'(?=\w)|[^'\\\n])*+('(?!\w))?"
LETTER_OF_C = r"'(?:\\.|[^'\\\n])'"
QUOTE = re.compile(rf"{TRIPLE}|{DOUBLE}|{CURLY}")
QUOTE_OF_ONE = re.compile(SINGLE)
STRING = re.compile(rf"{TRIPLE}|{DOUBLE}|{SINGLE}")
HASH = re.compile(rf"{STRING.pattern}|(?P<found>\#[^\n]*)")
SLASHES = re.compile(rf"{DOUBLE}|{LETTER_OF_C}|(?P<found>(?<!:)//[^\n]*|/\*[\s\S]*?(?:\*/|\Z))")
IF = re.compile(r"\b(?:el|else )?if\b[^\n:;{]*")
SENTENCE_END = re.compile(r"(?<![.!?])[.!?]++[\"'”’)\]]*+(?:\s+|\Z)")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
BLANK_LINE = re.compile(r"\n[ \t]*\n")


class TextFeature(NamedTuple):
    """The function of a signal, and its meaning."""

    of: Callable[[str], Floats]
    meaning: str


def double_quotes(text: str) -> Floats:
    """1 from an opening double quote to before the closing one; straight, curly or triple."""
    return _before_the_end(text, QUOTE)


def single_quotes(text: str) -> Floats:
    """1 from an opening single quote to before the closing one in the same line."""
    return _before_the_end(text, QUOTE_OF_ONE)


def depth(text: str, opening: str, closing: str) -> Floats:
    """How many brackets are open. None is after a blank line, if all of them are round or square.

    A closing one where none is open does nothing.
    """
    codes = _codes(text)
    steps = np.isin(codes, _codes(opening)).astype(np.intp) - np.isin(codes, _codes(closing))
    if "{" not in opening:
        for match in BLANK_LINE.finditer(text):
            steps[match.end() - 1] = -len(text)
    total = np.cumsum(steps)
    lowest = np.minimum(np.minimum.accumulate(total), 0) if len(text) else total
    return (total - lowest).astype(np.float32)


def parentheses(text: str) -> Floats:
    """1 inside ( )."""
    return np.minimum(depth(text, "(", ")"), 1)


def square_brackets(text: str) -> Floats:
    """1 inside [ ]."""
    return np.minimum(depth(text, "[", "]"), 1)


def braces(text: str) -> Floats:
    """1 inside { }."""
    return np.minimum(depth(text, "{", "}"), 1)


def brackets(text: str) -> Floats:
    """How many of ( and [ are open."""
    return depth(text, "([", ")]")


def brace_depth(text: str) -> Floats:
    """How many { are open."""
    return depth(text, "{", "}")


def position_in_line(text: str) -> Floats:
    """How many characters of the line have been read."""
    return _since(_codes(text) == ord("\n"))


def to_line_end(text: str) -> Floats:
    """How many characters of the line are still to come, its newline not counted."""
    newlines = _codes(text) == ord("\n")
    ends = np.append(newlines, True)[1:][::-1]  # the next character is one, or there is none
    return _since(ends)[::-1].copy()


def indentation(text: str) -> Floats:
    """The blanks that the line begins with, as many as have been read."""
    codes = _codes(text)
    blank = np.isin(codes, _codes(" \t"))
    read = position_in_line(text)
    leading = blank & (_since(~blank) == read)
    return _held(read, leading | (codes == ord("\n")))


def hash_comment(text: str) -> Floats:
    """1 from a # that is in no string to the end of its line."""
    return _inside(text, HASH, "found")


def slash_comment(text: str) -> Floats:
    """1 inside // to the end of the line, and inside /* */."""
    return _inside(text, SLASHES, "found")


def string(text: str) -> Floats:
    """1 inside a string of a program, in quotes of either kind."""
    return _before_the_end(text, STRING)


def condition(text: str) -> Floats:
    """1 from the word if to the colon, the brace, the semicolon or the line's end."""
    return _inside(text, IF)


def capitalised(text: str) -> Floats:
    """1 inside a word that begins with a capital."""
    return _inside(text, WORD, wanted=lambda word: word[0].isupper())


def capitals(text: str) -> Floats:
    """1 inside a word of two letters or more that are all capitals."""
    return _inside(text, WORD, wanted=lambda word: len(word) > 1 and word.isupper())


def digit(text: str) -> Floats:
    """1 at a digit."""
    codes = _codes(text)
    return ((codes >= ord("0")) & (codes <= ord("9"))).astype(np.float32)


def position_in_word(text: str) -> Floats:
    """How many letters of the word have been read; 0 between words."""
    return _since(_inside(text, WORD) == 0)


def sentence_end(text: str) -> Floats:
    """1 from what ends a sentence to before the next one."""
    return _inside(text, SENTENCE_END)


def first_line(text: str) -> Floats:
    """1 in the first line of a paragraph, after a line of nothing but blanks."""
    codes = _codes(f"\n\n{text}")  # the text begins after a blank line
    newlines, filled = codes == ord("\n"), ~np.isin(codes, _codes(" \t\n"))
    begins = newlines[1:] & (_since(newlines)[:-1] + 1 < _since(filled)[1:])
    return _held(begins.astype(np.float32), newlines[1:])[1:]


SIGNALS: dict[str, TextFeature] = {
    "double quotes": TextFeature(double_quotes, "inside double quotes"),
    "single quotes": TextFeature(single_quotes, "inside single quotes, apostrophes left out"),
    "string": TextFeature(string, "inside a string of a program, in quotes of either kind"),
    "parentheses": TextFeature(parentheses, "inside ( )"),
    "square brackets": TextFeature(square_brackets, "inside [ ]"),
    "braces": TextFeature(braces, "inside { }"),
    "bracket depth": TextFeature(brackets, "how many of ( and [ are open"),
    "brace depth": TextFeature(brace_depth, "how many { are open"),
    "# comment": TextFeature(hash_comment, "inside a comment, # to the end of the line"),
    "// comment": TextFeature(
        slash_comment, "inside a comment, // to the end of the line or /* */"
    ),
    "if": TextFeature(condition, "after if, to the end of the condition"),
    "indentation": TextFeature(indentation, "blanks that the line begins with"),
    "position in line": TextFeature(position_in_line, "characters since the newline"),
    "to line end": TextFeature(to_line_end, "characters until the newline"),
    "first line": TextFeature(first_line, "in the first line of a paragraph"),
    "position in word": TextFeature(position_in_word, "letters since the word began"),
    "capitalised word": TextFeature(capitalised, "inside a word that begins with a capital"),
    "capitals": TextFeature(capitals, "inside a word all in capitals"),
    "digit": TextFeature(digit, "at a digit"),
    "sentence end": TextFeature(sentence_end, "between two sentences"),
}


def signals_of(text: str) -> Floats:
    """(K, T): all of SIGNALS, in their order. Positions and lengths count characters."""
    return np.stack([signal.of(text) for signal in SIGNALS.values()])


def _codes(text: str) -> Ids:
    """(T,) code points."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _inside(
    text: str,
    pattern: re.Pattern[str],
    group: int | str = 0,
    wanted: Callable[[str], bool] = lambda _: True,
) -> Floats:
    """1 at the characters of what `pattern` finds."""
    found = np.zeros(len(text), np.float32)
    for match in pattern.finditer(text):
        if match[group] and wanted(match[group]):
            found[match.start(group) : match.end(group)] = 1
    return found


def _before_the_end(text: str, pattern: re.Pattern[str]) -> Floats:
    """1 at the characters of what `pattern` finds, if it is closed, up to the last, which does."""
    found = np.zeros(len(text), np.float32)
    for match in pattern.finditer(text):
        if any(match.groups()):
            found[match.start() : match.end() - 1] = 1
    return found


def _since(happened: Bools) -> Floats:
    """(T,): how long ago something happened last, 0 where it does; before the first, the place + 1.

    So what happened just before the text counts as well.
    """
    places = np.arange(len(happened))
    last = np.maximum.accumulate(np.where(happened, places, -1)) if len(places) else places
    return (places - last).astype(np.float32)


def _held(numbers: Floats, new: Bools) -> Floats:
    """(T,): the numbers where they are `new`, and until then the one before; 0 before the first."""
    places = np.arange(len(new))
    last = np.maximum.accumulate(np.where(new, places, -1)) if len(places) else places
    held: Floats = np.where(last < 0, 0, numbers[last]).astype(np.float32)
    return held
