"""Lowercase and Unicode normalisation of a text that comes in pieces, as if it had come at once."""

import unicodedata
from functools import cache
from typing import Literal, cast

LOOK_BACK = 2**16  # characters in which a safe place to cut is looked for
LONGEST = 2**23  # characters that are held back for want of one; then any place will do
HANGUL_VOWELS_AND_FINALS = range(0x1161, 0x11C3)

Form = Literal["NFC", "NFKC"]


class Folding:
    """Feed it pieces, get folded ones; what may still change with the next piece is held back.

    The result is that of folding the whole text, for every text but one: a run of more than
    LONGEST characters that all join one another, as accents do, is cut for the sake of memory.
    """

    def __init__(self, lowercase: bool, normalize: str | None) -> None:
        self.lowercase, self.normalize = lowercase, cast("Form | None", normalize)
        self.held = ""

    def feed(self, piece: str) -> str:
        """What is certain after `piece`."""
        if not (self.lowercase or self.normalize):
            return piece
        text = self.held + piece
        cut = self._last_safe_cut(text)
        self.held = text[cut:]
        return self._fold(text[:cut])

    def finish(self) -> str:
        """What was held back to the end."""
        rest, self.held = self.held, ""
        return self._fold(rest)

    def _fold(self, text: str) -> str:
        text = text.lower() if self.lowercase else text
        return unicodedata.normalize(self.normalize, text) if self.normalize else text

    def _last_safe_cut(self, text: str) -> int:
        """The last position at which what stands before and after do not see each other, or 0."""
        for k in range(len(text) - 1, max(0, len(text) - 1 - LOOK_BACK), -1):
            if self._is_safe_between(text[k - 1], text[k]):
                return k
        return len(text) if len(text) > LONGEST else 0

    def _is_safe_between(self, before: str, after: str) -> bool:
        if self.lowercase and (_bears_on_sigma(before) or _bears_on_sigma(after)):
            return False
        # Lowercase comes first, but it makes nothing begin anew, nor cease to: `after` will do.
        return self.normalize is None or _begins_anew(after, self.normalize)


def _bears_on_sigma(c: str) -> bool:
    """Whether a capital sigma may look at what lies beyond `c`, or is `c` itself.

    A sigma at the end of a word has a lowercase of its own (Unicode, Final_Sigma): the one rule of
    lowercase that looks at neighbours. It looks past marks and apostrophes, and str.lower knows
    past which: those that let a sigma see the letter, or the digit, before them.
    """
    return c == "Σ" or (f"A{c}Σ".lower()[-1], f"1{c}Σ".lower()[-1]) == ("ς", "σ")


def _begins_anew(c: str, form: Form) -> bool:
    """Whether normalisation can change nothing across the place before `c`.

    It is so if the decomposition begins with a character that is neither reordered nor composed
    with one before it (Unicode Standard Annex 15, section 9).
    """
    first = unicodedata.normalize("NFD" if form == "NFC" else "NFKD", c)[0]
    return first not in _joiners() and unicodedata.combining(first) == 0


@cache
def _joiners() -> frozenset[str]:
    """The characters that may be composed with one before them, in this Python's Unicode."""
    mappings = (unicodedata.decomposition(chr(c)).split() for c in range(0x110000))
    seconds = {chr(int(m[1], 16)) for m in mappings if len(m) == 2 and m[0][0] != "<"}
    return frozenset(seconds.union(map(chr, HANGUL_VOWELS_AND_FINALS)))
