"""Incremental lowercasing and Unicode normalisation (NFC, NFKC) of a text that comes in pieces."""

import unicodedata
from functools import cache
from typing import Literal, cast

LOOK_BACK = 2**16  # characters to search for a safe cut
LONGEST = 2**23  # characters to hold back without a safe cut; a longer text is cut anywhere
HANGUL_VOWELS_AND_FINALS = range(0x1161, 0x11C3)

Form = Literal["NFC", "NFKC"]


class Normaliser:
    """An incremental normaliser: it holds back the end of a piece that the next may still change.

    The result equals that for the whole text at once, with one exception: to bound memory, a run
    of more than LONGEST characters without a safe cut, such as combining accents, is cut.
    """

    def __init__(self, lowercase: bool, normalize: str | None) -> None:
        self.lowercase, self.normalize = lowercase, cast("Form | None", normalize)
        self.pending = ""

    def feed(self, piece: str) -> str:
        """The normalised text that is final after `piece`."""
        if not (self.lowercase or self.normalize):
            return piece
        text = self.pending + piece
        cut = self._last_safe_cut(text)
        self.pending = text[cut:]
        return self._normalised(text[:cut])

    def finish(self) -> str:
        """The rest of the normalised text."""
        rest, self.pending = self.pending, ""
        return self._normalised(rest)

    def _normalised(self, text: str) -> str:
        text = text.lower() if self.lowercase else text
        return unicodedata.normalize(self.normalize, text) if self.normalize else text

    def _last_safe_cut(self, text: str) -> int:
        """The last position where the text before and after do not affect each other, or 0."""
        for k in range(len(text) - 1, max(0, len(text) - 1 - LOOK_BACK), -1):
            if self._is_safe_between(text[k - 1], text[k]):
                return k
        return len(text) if len(text) > LONGEST else 0

    def _is_safe_between(self, before: str, after: str) -> bool:
        if self.lowercase and (_affects_sigma(before) or _affects_sigma(after)):
            return False
        # Lowercasing comes first, but it does not change which characters are stable boundaries.
        return self.normalize is None or _is_stable(after, self.normalize)


def _affects_sigma(c: str) -> bool:
    """True for a capital sigma and for characters that Final_Sigma ignores around it.

    A capital sigma at the end of a word has its own lowercase form, by the rule Final_Sigma of
    Unicode, the only rule of lowercasing that depends on neighbours. It skips case-ignorable
    characters such as marks and apostrophes. They are found by trial: str.lower of a sigma after
    one of them depends on the letter or digit before it.
    """
    return c == "Σ" or (f"A{c}Σ".lower()[-1], f"1{c}Σ".lower()[-1]) == ("ς", "σ")


def _is_stable(c: str, form: Form) -> bool:
    """True if normalisation changes nothing across the boundary before `c`.

    This holds if the decomposition of `c` starts with a character that is neither reordered nor
    composed with a preceding one (Unicode Standard Annex 15, section 9).
    """
    first = unicodedata.normalize("NFD" if form == "NFC" else "NFKD", c)[0]
    return first not in _composable() and unicodedata.combining(first) == 0


@cache
def _composable() -> frozenset[str]:
    """The characters that can be composed with a preceding one, in the Unicode of this Python."""
    mappings = (unicodedata.decomposition(chr(c)).split() for c in range(0x110000))
    seconds = {chr(int(m[1], 16)) for m in mappings if len(m) == 2 and m[0][0] != "<"}
    return frozenset(seconds.union(map(chr, HANGUL_VOWELS_AND_FINALS)))
