"""Passages of samples in a text: by names, and by looking at every pair of places."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charrnn.studies.novelty import names
from charrnn.studies.novelty.maths import Longest, PassageSearch

SIZES = (1, 2, 3, 4, 5, 8)
few = st.text("ab", max_size=40) | st.text("abcdefgh", max_size=60)


def ids(text: str) -> np.ndarray:
    """'a' is 0, 'b' 1, ...; '-' is what no text has."""
    return np.array([names.NONE if c == "-" else ord(c) - ord("a") for c in text], np.int64)


def search(text: str, samples: list[str], block: int | None = None) -> PassageSearch:
    found = PassageSearch([ids(s) for s in samples], 26, SIZES)
    step = max(1, (block or len(text) or 1) - found.overlap)
    for start in range(0, max(1, len(text)), step):
        found.read(ids(text[start : start + step + found.overlap]).astype(np.uint8), start)
    return found


def naive(text: str, sample: str) -> Longest:
    """The longest first; of those the first in the text; of those the first in the sample."""
    for n in range(len(sample), 0, -1):
        grams = {sample[i : i + n]: i for i in reversed(range(len(sample) - n + 1))}
        for place in range(len(text) - n + 1):
            if text[place : place + n] in grams:
                return Longest(n, grams[text[place : place + n]], place)
    return Longest()


@given(few, st.lists(few | st.text("ab-", max_size=30), max_size=4), st.integers(1, 50))
@example("ababab", ["bababab", "", "a"], 3)
@example("", ["a"], 1)
@example("aaaaaaaa", ["aaaaa", "a-a", "-"], 1)
def test_every_figure_is_that_of_its_definition(text: str, samples: list[str], block: int) -> None:
    found = search(text, samples, block)
    for k, sample in enumerate(samples):
        assert found.longest[k] == naive(text, sample)
        for n in SIZES:
            grams = [sample[i : i + n] for i in range(len(sample) - n + 1)]
            assert found.n_grams(k, n) == (len(grams), sum(g in text for g in grams))


@given(st.data())
def test_a_planted_passage_is_found_where_it_stands(data: st.DataObject) -> None:
    """The sample is of other symbols but for the passage, so nothing else is in the text."""
    text = data.draw(st.text("abcd", min_size=1, max_size=300))
    start = data.draw(st.integers(0, len(text) - 1))
    passage = text[start : start + data.draw(st.integers(1, 200))]
    before = data.draw(st.text("xyz-", max_size=100))
    found = search(text, ["q", before + passage + "x"], data.draw(st.integers(1, 400)))
    assert found.longest == [
        Longest(),
        Longest(len(passage), len(before), text.index(passage)),
    ]


def test_long_texts_and_tables_that_would_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A passage of 3,000 symbols among random ones, searched for by keys and not in tables."""
    rng = np.random.default_rng(3)
    text, other = rng.integers(0, 26, 100_000), rng.integers(0, 26, 5_000)
    other[1000:4000] = text[70_123:73_123]
    for dense in (names.DENSE, 0):
        monkeypatch.setattr(names, "DENSE", dense)
        found = PassageSearch([other, text[:10]], 26, (3000,))
        found.read(text, 7)
        assert found.longest[0].length < 3010
        assert found.longest[0].start <= 1000 <= found.longest[0].start + 5
        assert found.longest[0].place - found.longest[0].start == 7 + 70_123 - 1000
        assert found.longest[1] == Longest(10, 0, 7)
        assert found.n_grams(0, 3000)[1] == found.longest[0].length - 2999
