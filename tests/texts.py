"""Texts that give trouble, every way to read them, and what reading them must give."""

import unicodedata

from hypothesis import strategies as st

from charrnn.text.read import TextFormat

# Characters that give trouble: accents, sigma, jamo, Hangul, Han, emoji with joiner, CR and LF.
TROUBLE = (
    "aAzΣσς'·. \r\n\t\0\u0301\u0323éÉİıßﬁ가\u1100\u1161\u11a8漢字かあ゙\u09c7\u09be😀\u200d\ufeff"
)
WILD = st.text(st.one_of(st.sampled_from(TROUBLE), st.characters(exclude_categories=["Cs"])))
FORMATS = st.builds(
    TextFormat,
    lowercase=st.booleans(),
    normalize=st.sampled_from([None, "NFC", "NFKC"]),
    newlines=st.sampled_from(["lf", "keep"]),
)


def at_once(text: str, form: TextFormat) -> str:
    """The definition that reading in blocks must meet."""
    text = text.removeprefix("\ufeff")
    if form.newlines == "lf":
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if form.lowercase:
        text = text.lower()
    return unicodedata.normalize(form.normalize, text) if form.normalize else text
