"""Text that a terminal shows and does not obey."""

import unicodedata

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LAYOUT = frozenset("\n\t")


def harmless(text: str) -> str:
    """`text` with control characters and bidirectional controls written as escapes (CWE-150).

    Generated text, vocabularies and file names may hold any character. Newline and tab stay.
    """
    return "".join(c if _is_harmless(c) else ascii(c)[1:-1] for c in text)


def printable(text: str) -> str:
    """`text` on one line: what a terminal might obey, or not show, is written as an escape."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _is_harmless(c: str) -> bool:
    return c in LAYOUT or (unicodedata.category(c) != "Cc" and c not in BIDI)
