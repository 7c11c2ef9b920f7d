"""Text for a terminal: escapes for control characters, shortening, width and plurals."""

import unicodedata

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LAYOUT = frozenset("\n\t")
LONGEST = 60


def harmless(text: str) -> str:
    """`text` with control characters and bidirectional controls written as escapes (CWE-150).

    Generated text, vocabularies and file names may hold any character. Newline and tab stay.
    """
    return "".join(c if _is_harmless(c) else ascii(c)[1:-1] for c in text)


def one_line(text: str) -> str:
    """`text` on one line: line ends and all other unprintable characters are escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shortened(text: str, longest: int = LONGEST) -> str:
    """`text`, cut to `longest` characters with an ellipsis at the end if necessary."""
    return text if len(text) <= longest else text[: longest - 3] + "..."


def columns_of(text: str) -> int:
    """Width of `text` on a terminal in columns: two for each wide East Asian character."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def count_of(number: int, noun: str, plural: str = "") -> str:
    """A number and its noun in singular or plural: 1 step, 1,000 steps, 2 processes."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def _is_harmless(c: str) -> bool:
    return c in LAYOUT or (unicodedata.category(c) != "Cc" and c not in BIDI)
