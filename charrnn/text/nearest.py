"""Known symbols near an unknown one: what somebody may have meant, or may use instead."""

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
    """The symbols in `known` that differ from `symbol` by case, accent, style or typewriter."""
    have = set(known)
    return [k for k in dict.fromkeys(_kin(chr(symbol))) if k in have and k != symbol]


def _kin(c: str) -> Iterator[int]:
    """Relatives of `c`, the closest first."""
    plain = unicodedata.normalize("NFKD", c)[:1]
    back = (k for k, v in TYPEWRITER.items() if v == c)
    for relative in (c.swapcase(), TYPEWRITER.get(c, ""), plain, plain.swapcase(), *back):
        if len(relative) == 1:
            yield ord(relative)
