"""Suggestions for an unknown symbol: known ones that differ in case, accent or typography."""

import unicodedata
from collections.abc import Iterator, Sequence

TYPEWRITER = {
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2013": "-",
    "\u2014": "-",
    "\u2026": ".",
    "\u00a0": " ",
    "\t": " ",
    "\r": "\n",
}


def nearest(symbol: int, known: Sequence[int]) -> list[int]:
    """Symbols in `known` that differ from `symbol` in case, accent or typography, best first."""
    available = set(known)
    return [k for k in dict.fromkeys(_variants(chr(symbol))) if k in available and k != symbol]


def _variants(c: str) -> Iterator[int]:
    """Characters similar to `c`, the closest first."""
    base = unicodedata.normalize("NFKD", c)[:1]
    typographic = (k for k, v in TYPEWRITER.items() if v == c)
    for variant in (c.swapcase(), TYPEWRITER.get(c, ""), base, base.swapcase(), *typographic):
        if len(variant) == 1:
            yield ord(variant)
