"""Lowercase and Unicode normalisation of a text that comes in pieces, as if it had come at once."""

import unicodedata

LOOK_BACK = 2**16  # characters in which a safe place to cut is looked for
LONGEST = 2**24  # characters that are held back for want of one; then any place will do
JAMO = ((0x1100, 0x1200), (0xA960, 0xA980), (0xD7B0, 0xD800))


class Folding:
    """Feed it pieces, get folded ones; what may still change with the next piece is held back.

    A sigma at the end of a word is written differently (Unicode, Final_Sigma), and an accent may
    join the letter before it. Neither reaches across a blank or between two solid characters.
    """

    def __init__(self, lowercase: bool, normalize: str | None) -> None:
        self.lowercase, self.normalize = lowercase, normalize
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
        match self.normalize:
            case "NFC":
                return unicodedata.normalize("NFC", text)
            case "NFKC":
                return unicodedata.normalize("NFKC", text)
            case _:
                return text

    def _last_safe_cut(self, text: str) -> int:
        """The last position at which what stands before and after do not see each other, or 0."""
        start = max(1, len(text) - LOOK_BACK)
        blank = max(text.rfind(" ", start), text.rfind("\n", start))
        if blank > 0:
            return blank
        for k in range(len(text) - 1, start - 1, -1):
            if _is_solid(text[k]) and _is_solid(text[k - 1]):
                return k
        return len(text) if len(text) > LONGEST else 0


def _is_solid(c: str) -> bool:
    """An ASCII letter or digit, or a letter without case that joins nothing, as a Han character."""
    if c.isascii():
        return c.isalnum()
    return (
        unicodedata.category(c) == "Lo"
        and not any(first <= ord(c) < end for first, end in JAMO)
        and unicodedata.is_normalized("NFKC", c)
    )
