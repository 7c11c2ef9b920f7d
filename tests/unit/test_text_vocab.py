"""Counting and numbering: there and back again, and what a model does not know."""

import codecs
import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import DataError
from charrnn.text import vocab
from charrnn.text.nearest import nearest
from charrnn.text.read import TextFormat
from charrnn.text.vocab import (
    REPLACEMENT,
    Survey,
    Vocabulary,
    build_vocabulary,
    count_symbols,
    display,
    tally_,
)
from tests.grid import examples
from tests.texts import WILD

ALL_BYTES = Vocabulary("byte", tuple(range(256)))


def vocabulary_of(text: str, *, has_unk: bool = False) -> Vocabulary:
    return Vocabulary("char", tuple(sorted(set(map(ord, text)))), has_unk)


def survey_of(*counts: int) -> Survey:
    return Survey(np.arange(len(counts)), np.array(counts), "")


@given(symbols=st.lists(st.integers(0, 0x10FFFF), max_size=20), at_once=st.integers(1, 7))
@examples(40)
def test_a_tally_adds_up_whatever_is_counted_at_once(symbols: list[int], at_once: int) -> None:
    totals = np.zeros(vocab.CODE_POINTS, np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocab, "AT_ONCE", at_once)
        tally_(totals, np.array(symbols, np.uint32))
        tally_(totals, np.array([0, 255], np.uint8))
    expected = [*symbols, 0, 255]
    assert totals.sum() == len(expected)
    assert all(totals[s] == expected.count(s) for s in expected)


def test_bytes_are_counted_as_they_are(tmp_path: Path) -> None:
    raw = bytes(range(256)) + b"\r\n\r\n\xff"
    (tmp_path / "x").write_bytes(raw)
    survey = count_symbols([tmp_path / "x"], TextFormat(level="byte", lowercase=True))
    assert survey.symbols.tolist() == list(range(256))
    assert survey.counts.tolist() == [raw.count(bytes([k])) for k in range(256)]
    assert survey.characters == 261
    assert survey.sha256 == hashlib.sha256(raw).hexdigest()


def test_the_digest_is_of_all_files_in_order(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "ab"]
    for path, raw in zip(paths, (b"\xef\xbb\xbfone\r\n", b"two"), strict=True):
        path.write_bytes(raw)
    given_digest = hashlib.sha256()
    survey = count_symbols(paths, TextFormat(lowercase=True), given_digest)
    assert survey.sha256 == hashlib.sha256(b"\xef\xbb\xbfone\r\ntwo").hexdigest()
    assert given_digest.hexdigest() == survey.sha256
    assert count_symbols(paths[::-1], TextFormat()).sha256 != survey.sha256


@pytest.mark.parametrize(
    ("counts", "bits"),
    [((5,), 0.0), ((3, 3), 1.0), ((2, 1, 1), 1.5), ((7, 7, 7, 7, 7, 7, 7, 7), 3.0)],
)
def test_entropy_worked_by_hand(counts: tuple[int, ...], bits: float) -> None:
    entropy = survey_of(*counts).entropy
    assert entropy == pytest.approx(bits)
    assert str(entropy)[0] != "-"


@given(st.text())
def test_decoding_undoes_encoding(text: str) -> None:
    vocabulary = vocabulary_of(text + "a")
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text
    assert vocabulary.decode_bytes(ids) == text.encode()
    assert ALL_BYTES.decode(ALL_BYTES.encode(text)) == text


@given(st.binary())
def test_bytes_come_back_as_they_went(raw: bytes) -> None:
    ids = ALL_BYTES.encode(raw)
    assert ids.tolist() == list(raw)
    assert ALL_BYTES.decode_bytes(ids) == raw
    assert ALL_BYTES.decode(ids) == raw.decode("utf-8", "replace")


def test_unk_is_decoded_as_the_replacement_character() -> None:
    vocabulary = vocabulary_of("ab", has_unk=True)
    assert vocabulary.decode(vocabulary.encode("axb")) == f"a{REPLACEMENT}b"
    few = Vocabulary("byte", tuple(b"ab"), has_unk=True)
    assert few.decode(few.encode(b"a\xffb")) == f"a{REPLACEMENT}b"
    assert few.decode_bytes(few.encode("axb")) == f"a{REPLACEMENT}b".encode()


def test_a_lone_surrogate_passes() -> None:
    text = "a\udc80"
    vocabulary = vocabulary_of(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert bytes(ALL_BYTES.encode(text).tolist()) == b"a\xed\xb2\x80"


def test_characters_are_not_bytes() -> None:
    with pytest.raises(DataError, match="knows characters, not bytes"):
        vocabulary_of("ab").encode(b"ab")


def test_unknown_bytes_are_named_as_bytes() -> None:
    with pytest.raises(DataError, match=r"does not know 'E', 0xa9, 0xc3$"):
        Vocabulary("byte", tuple(b"abcde")).encode("éE")


def test_every_unknown_character_is_named_once() -> None:
    with pytest.raises(DataError) as caught:
        vocabulary_of("ab").encode("xaybzxyz\u202e")
    assert str(caught.value) == (
        "the model does not know 'x', 'y', 'z', U+202E RIGHT-TO-LEFT OVERRIDE"
    )


def test_translation_of_an_alphabet() -> None:
    alphabet = np.array([ord(c) for c in "abxz😀"])
    assert vocabulary_of("abz").translation(alphabet).tolist() == [0, 1, -1, 2, -1]
    assert vocabulary_of("abz", has_unk=True).translation(alphabet).tolist() == [0, 1, 3, 2, 3]


def test_the_digest_is_of_what_the_vocabulary_is() -> None:
    digests = {
        Vocabulary(level, symbols, unk).digest
        for level in ("char", "byte")
        for symbols in ((97,), (97, 98))
        for unk in (False, True)
    }
    assert len(digests) == 8
    assert Vocabulary("char", (97, 98)).digest in digests
    assert Vocabulary("char", (97, 98)).digest == (
        hashlib.sha256(
            b'{"format": 1, "level": "char", "symbols": [97, 98], "unk": false}'
        ).hexdigest()
    )


@pytest.mark.parametrize(("min_count", "always"), [(1, True), (2, False), (2, True)])
def test_who_has_unk(min_count: int, always: bool) -> None:
    vocabulary = build_vocabulary(
        np.array([5, 6]), np.array([2, 1]), "byte", min_count, always_unk=always
    )
    assert vocabulary.has_unk
    assert vocabulary.symbols == ((5, 6) if min_count == 1 else (5,))
    assert vocabulary.unk == vocabulary.size - 1 == len(vocabulary.symbols)


@pytest.mark.parametrize(
    "values", [None, [], "char", {}, {"format": 1, "level": "char", "symbols": [1.0], "unk": False}]
)
def test_what_is_not_even_like_a_vocabulary_is_refused(values: object) -> None:
    with pytest.raises(DataError, match="not a vocabulary"):
        Vocabulary.from_json(values)


def test_what_is_shown_is_printable() -> None:
    for symbol in [*range(0x300), 0x2028, 0x2066, 0xD800, 0xE000, 0xFEFF, 0x10FFFF]:
        assert display(symbol).isprintable(), hex(symbol)
    for byte in range(256):
        assert display(byte, "byte").isprintable(), hex(byte)
        assert display(byte, "byte").isascii(), hex(byte)


def test_an_empty_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    for raw in (b"", codecs.BOM_UTF8):
        path.write_bytes(raw)
        with pytest.raises(DataError, match="the text is empty"):
            count_symbols([path], TextFormat())


def test_an_accent_joins_across_two_files(tmp_path: Path) -> None:
    (tmp_path / "1").write_text("e", encoding="utf-8")
    (tmp_path / "2").write_text("\u0301", encoding="utf-8")
    survey = count_symbols([tmp_path / "1", tmp_path / "2"], TextFormat(normalize="NFC"))
    assert survey.symbols.tolist() == [ord("é")]


@given(WILD.filter(lambda text: text.removeprefix("\ufeff") != ""))
def test_counting_counts(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "counted.txt"
    path.write_bytes(text.encode())
    survey = count_symbols([path], TextFormat(newlines="keep"))
    plain = text.removeprefix("\ufeff")
    assert survey.symbols.tolist() == sorted(set(map(ord, plain)))
    assert survey.counts.tolist() == [plain.count(chr(s)) for s in survey.symbols.tolist()]
    assert survey.sha256 == hashlib.sha256(text.encode()).hexdigest()


def built_of(text: str, min_count: int = 1, **options) -> Vocabulary:
    symbols, counts = np.unique([ord(c) for c in text], return_counts=True)
    return build_vocabulary(symbols, counts, "char", min_count, always_unk=False, **options)


def test_ids_follow_the_code_points() -> None:
    vocabulary = built_of("hello 😀")
    assert "".join(map(chr, vocabulary.symbols)) == " ehlo😀"
    assert vocabulary.encode("hello").tolist() == [2, 1, 3, 3, 4]
    assert vocabulary.unk is None


def test_rare_symbols_become_unk_which_is_last() -> None:
    vocabulary = built_of("aaabbc", min_count=2)
    assert (vocabulary.size, vocabulary.unk) == (3, 2)
    assert vocabulary.encode("abcd").tolist() == [0, 1, 2, 2]
    assert vocabulary.names() == ["'a'", "'b'", "<unk>"]


def test_nothing_frequent_enough_is_an_error() -> None:
    with pytest.raises(DataError, match="no symbol occurs 9 times; the most frequent one occurs 3"):
        built_of("aaab", min_count=9)


def test_unknown_characters_are_named_with_what_is_near() -> None:
    vocabulary = built_of("abc'-")
    with pytest.raises(DataError) as caught:
        vocabulary.encode("abÁA\u2019\u200b漢")
    message = str(caught.value)
    assert "'A' (it knows 'a')" in message
    assert "'Á' (it knows 'a')" in message
    assert '(it knows "\'")' in message
    assert "U+200B ZERO WIDTH SPACE" in message
    assert "'漢'" in message


@pytest.mark.parametrize(
    ("unknown", "known", "near"),
    [
        ("é", "e", "e"),
        ("E", "e", "e"),
        ("—", "-", "-"),
        ('"', "“", "“"),
        ("ﬀ", "f", "f"),
        ("ß", "abc", ""),
        ("a", "bcd", ""),
    ],
)
def test_nearness(unknown: str, known: str, near: str) -> None:
    assert "".join(map(chr, nearest(ord(unknown), [ord(k) for k in known]))) == near


@pytest.mark.parametrize("level", ["char", "byte"])
@given(symbols=st.sets(st.integers(0, 255), min_size=1), unk=st.booleans())
def test_json_gives_the_vocabulary_back(level: str, symbols: set[int], unk: bool) -> None:
    vocabulary = Vocabulary(level, tuple(sorted(symbols)), unk)
    assert Vocabulary.from_json(vocabulary.to_json()) == vocabulary


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"level": "word"},
        {"symbols": []},
        {"symbols": [2, 1]},
        {"symbols": [1, 1]},
        {"symbols": [-1]},
        {"symbols": [1114112]},
        {"symbols": ["a"]},
        {"symbols": [True]},
        {"unk": 1},
        {"symbols": "abc"},
        {"level": "byte", "symbols": [256]},
    ],
)
def test_what_is_no_vocabulary_is_refused(change: dict) -> None:
    with pytest.raises(DataError, match="not a vocabulary"):
        Vocabulary.from_json(built_of("abc").to_json() | change)


def test_symbols_are_shown_so_that_no_terminal_obeys() -> None:
    assert display(27) == r"'\x1b'"
    assert display(0x301) == "U+0301 COMBINING ACUTE ACCENT"
    assert display(0x202E) == "U+202E RIGHT-TO-LEFT OVERRIDE"
    assert display(0x80, "byte") == "0x80"
    assert display(ord("é")) == "'é'"
