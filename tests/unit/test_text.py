"""Reading text: blocks give what the whole would give, and errors name the place."""

import codecs
import hashlib
import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import DataError, UsageError
from charrnn.text import corpus as corpus_module
from charrnn.text import normalise as folding
from charrnn.text import read
from charrnn.text.corpus import default_cache, open_corpus, split_stops
from charrnn.text.dataset import divide
from charrnn.text.nearest import nearest
from charrnn.text.read import TextFormat, find_files, read_symbols
from charrnn.text.vocab import Vocabulary, build_vocabulary, count_symbols, display

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


def read_text(path: Path, form: TextFormat = TextFormat()) -> str:  # noqa: B008, it is frozen
    return "".join(chr(c) for block in read_symbols([path], form) for c in block.tolist())


def at_once(text: str, form: TextFormat) -> str:
    """The definition that reading in blocks must meet."""
    text = text.removeprefix("\ufeff")
    if form.newlines == "lf":
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if form.lowercase:
        text = text.lower()
    return unicodedata.normalize(form.normalize, text) if form.normalize else text


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.txt"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@settings(max_examples=300)
@given(text=WILD, form=FORMATS, block=st.integers(1, 9), look_back=st.integers(1, 9))
def test_blocks_give_what_the_whole_gives(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    form: TextFormat,
    block: int,
    look_back: int,
) -> None:
    path = tmp_path_factory.getbasetemp() / "blocks.txt"
    path.write_bytes(text.encode("utf-8"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "BLOCK", block)
        patch.setattr(folding, "LOOK_BACK", look_back)
        assert read_text(path, form) == at_once(text, form)


@pytest.mark.parametrize("normalize", [None, "NFC", "NFKC"])
@pytest.mark.parametrize("unit", ["ab", "漢字", "x y ", "ΑΣ "])
def test_one_long_line_is_not_held_back(unit: str, normalize: str | None) -> None:
    folder = folding.Folding(lowercase=True, normalize=normalize)
    for _ in range(50):
        folder.feed(unit * 1000)
        assert len(folder.held) <= 2 * len(unit)


def test_what_cannot_be_cut_is_cut_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "LONGEST", 100)
    folder = folding.Folding(lowercase=False, normalize="NFC")
    fed = sum(len(folder.feed("\u0301" * 30)) for _ in range(10))
    assert fed + len(folder.finish()) == 300
    assert fed > 0


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16", codecs.BOM_UTF16_LE),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-32", codecs.BOM_UTF32_LE),
    ],
)
def test_a_byte_order_mark_is_dropped(path: Path, encoding: str, bom: bytes) -> None:
    little = encoding if encoding.endswith(("8", "le")) else f"{encoding}-le"
    path.write_bytes(bom + "aé😀".encode(little))
    assert read_text(path, TextFormat(encoding=encoding)) == "aé😀"


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "koi8-r", "shift_jis", "gb18030"])
def test_any_codec_of_python_will_do(path: Path, encoding: str) -> None:
    text = {"cp1252": "café €", "koi8-r": "Москва", "shift_jis": "漢字かな"}.get(encoding, "né\n")
    path.write_bytes(text.encode(encoding))
    assert read_text(path, TextFormat(encoding=encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-9", "rot13", "base64", "zlib", "", "a\0b"])
def test_what_is_no_codec_of_text_is_refused(encoding: str) -> None:
    with pytest.raises(UsageError, match="not an encoding of text"):
        TextFormat(encoding=encoding)


def test_bytes_stay_what_they_are(path: Path) -> None:
    raw = bytes(range(256)) + b"\r\n\xef\xbb\xbf"
    path.write_bytes(raw)
    form = TextFormat(level="byte", lowercase=True, normalize="NFC")
    assert b"".join(bytes(block) for block in read_symbols([path], form)) == raw


def first_bad_byte(raw: bytes) -> int:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return -1


@settings(max_examples=300)
@given(raw=st.binary(max_size=40), prefix=st.text("aé\n😀", max_size=12), block=st.integers(1, 7))
def test_an_invalid_byte_is_told_exactly(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, prefix: str, block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "invalid.txt"
    whole = prefix.encode() + raw
    path.write_bytes(whole)
    bad = first_bad_byte(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "BLOCK", block)
        if bad < 0:
            read_text(path)
            return
        with pytest.raises(DataError) as caught:
            read_text(path)
    line = whole[:bad].count(b"\n") + 1
    assert f"{path}: byte {bad} (line {line}) is not utf-8: {whole[bad]:02x}" in str(caught.value)
    assert "level: byte" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_files_and_globs_are_one_text(tmp_path: Path, monkeypatch) -> None:
    for name, text in {"b.txt": "b", "a.txt": "a", "c[1].txt": "c"}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    files = find_files(["c[1].txt", "*.txt"])
    assert [path.name for path in files] == ["c[1].txt", "a.txt", "b.txt"]
    digest = hashlib.sha256()
    blocks = list(read_symbols(files, TextFormat(), digest))
    assert b"".join(bytes(block) for block in blocks) == b"cab"
    assert digest.hexdigest() == hashlib.sha256(b"cab").hexdigest()


def test_an_accent_joins_across_two_files(tmp_path: Path) -> None:
    (tmp_path / "1").write_text("e", encoding="utf-8")
    (tmp_path / "2").write_text("\u0301", encoding="utf-8")
    survey = count_symbols([tmp_path / "1", tmp_path / "2"], TextFormat(normalize="NFC"))
    assert survey.symbols.tolist() == [ord("é")]


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (fifo, tmp_path, Path("/dev/zero")):
        with pytest.raises(DataError, match=f"{path}: not a file"):
            find_files([str(path)])
    with pytest.raises(DataError, match=r"nowhere.*: there is no such file"):
        find_files([str(tmp_path / "nowhere*.txt")])


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(path: Path) -> None:
    path.write_text("secret")
    path.chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        read_text(path)


def test_an_empty_text_is_refused(path: Path) -> None:
    for raw in (b"", codecs.BOM_UTF8):
        path.write_bytes(raw)
        with pytest.raises(DataError, match="the text is empty"):
            count_symbols([path], TextFormat())


@given(WILD.filter(lambda text: text.removeprefix("\ufeff") != ""))
def test_counting_counts(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "counted.txt"
    path.write_bytes(text.encode())
    survey = count_symbols([path], TextFormat(newlines="keep"))
    plain = text.removeprefix("\ufeff")
    assert survey.symbols.tolist() == sorted(set(map(ord, plain)))
    assert survey.counts.tolist() == [plain.count(chr(s)) for s in survey.symbols.tolist()]
    assert survey.sha256 == hashlib.sha256(text.encode()).hexdigest()


def vocabulary_of(text: str, min_count: int = 1, **options) -> Vocabulary:
    symbols, counts = np.unique([ord(c) for c in text], return_counts=True)
    return build_vocabulary(symbols, counts, "char", min_count, always_unk=False, **options)


def test_ids_follow_the_code_points() -> None:
    vocabulary = vocabulary_of("hello 😀")
    assert "".join(map(chr, vocabulary.symbols)) == " ehlo😀"
    assert vocabulary.encode("hello").tolist() == [2, 1, 3, 3, 4]
    assert vocabulary.unk is None


def test_rare_symbols_become_unk_which_is_last() -> None:
    vocabulary = vocabulary_of("aaabbc", min_count=2)
    assert (vocabulary.size, vocabulary.unk) == (3, 2)
    assert vocabulary.encode("abcd").tolist() == [0, 1, 2, 2]
    assert vocabulary.names() == ["'a'", "'b'", "<unk>"]


def test_nothing_frequent_enough_is_an_error() -> None:
    with pytest.raises(DataError, match="no symbol occurs 9 times; the most frequent one 3"):
        vocabulary_of("aaab", min_count=9)


def test_unknown_characters_are_named_with_what_is_near() -> None:
    vocabulary = vocabulary_of("abc'-")
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
        Vocabulary.from_json(vocabulary_of("abc").to_json() | change)


def test_symbols_are_shown_so_that_no_terminal_obeys() -> None:
    assert display(27) == r"'\x1b'"
    assert display(0x301) == "U+0301 COMBINING ACUTE ACCENT"
    assert display(0x202E) == "U+202E RIGHT-TO-LEFT OVERRIDE"
    assert display(0x80, "byte") == "0x80"
    assert display(ord("é")) == "'é'"


@given(text=WILD.filter(lambda text: text.removeprefix("\ufeff") != ""), form=FORMATS)
@settings(max_examples=60)
def test_the_corpus_is_the_text(
    tmp_path_factory: pytest.TempPathFactory, text: str, form: TextFormat
) -> None:
    path = tmp_path_factory.getbasetemp() / "corpus.txt"
    path.write_bytes(text.encode())
    for _ in range(2):
        corpus = open_corpus([path], form, tmp_path_factory.getbasetemp() / "corpora")
        assert "".join(map(chr, corpus.symbols[corpus.codes])) == at_once(text, form)


@pytest.mark.parametrize(("A", "dtype"), [(1, "uint8"), (256, "uint8"), (257, "uint16")])
def test_ids_take_the_smallest_type(path: Path, cache: Path, A: int, dtype: str) -> None:
    path.write_text("".join(chr(256 + k) for k in range(A)), encoding="utf-8")
    corpus = open_corpus([path], TextFormat(), cache)
    assert corpus.codes.dtype.name == dtype
    assert corpus.counts.tolist() == [1] * A
    assert not corpus.codes.flags.writeable


def test_a_second_opening_does_not_read_the_symbols(
    path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("some text")
    first = open_corpus([path], TextFormat(), cache)

    def fail(*_: object) -> None:
        raise AssertionError("the text was encoded again")

    monkeypatch.setattr(corpus_module, "count_symbols", fail)
    second = open_corpus([path], TextFormat(), cache)
    np.testing.assert_array_equal(first.codes, second.codes)
    with pytest.raises(AssertionError, match="again"):
        open_corpus([path], TextFormat(lowercase=True), cache)


def test_a_changed_text_of_the_same_size_and_time_is_read_anew(path: Path, cache: Path) -> None:
    path.write_text("aaaa")
    stamp = path.stat()
    open_corpus([path], TextFormat(), cache)
    path.write_text("abab")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert open_corpus([path], TextFormat(), cache).codes.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("damage", ["truncate", "garbage", "empty", "magic", "delete"])
def test_a_damaged_cache_is_made_again(path: Path, cache: Path, damage: str) -> None:
    path.write_text("some text that is long enough")
    whole = open_corpus([path], TextFormat(), cache).codes.tolist()
    (file,) = cache.iterdir()
    raw = file.read_bytes()
    match damage:
        case "truncate":
            file.write_bytes(raw[:-1])
        case "garbage":
            file.write_bytes(raw.replace(b'"symbols"', b'"symbolz"'))
        case "empty":
            file.write_bytes(b"")
        case "magic":
            file.write_bytes(b"X" + raw[1:])
        case "delete":
            file.unlink()
    assert open_corpus([path], TextFormat(), cache).codes.tolist() == whole
    assert [one.read_bytes() for one in cache.iterdir()] == [raw]


def test_a_text_that_changes_while_it_is_read_is_refused(
    path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("before")
    real = corpus_module.count_symbols

    def count_then_change(*arguments):
        survey = real(*arguments)
        path.write_text("erofeb")
        return survey

    monkeypatch.setattr(corpus_module, "count_symbols", count_then_change)
    with pytest.raises(DataError, match="changed while it was read"):
        open_corpus([path], TextFormat(), cache)
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(path: Path, tmp_path: Path) -> None:
    path.write_text("text")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="CHARRNN_CACHE"):
        open_corpus([path], TextFormat(), tmp_path / "file" / "below")


def test_the_cache_goes_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARRNN_CACHE", "somewhere")
    assert default_cache() == Path("somewhere")


@pytest.mark.parametrize(
    ("n", "split", "stops"),
    [
        (1_115_394, (0.9, 0.1, 0.0), [1_003_854, 1_115_394, 1_115_394]),
        (100, (0.9, 0.05, 0.05), [90, 95, 100]),
        (10, (0.7, 0.1, 0.2), [7, 8, 10]),
        (5, (1.0, 0.0, 0.0), [5, 5, 5]),
        (1, (0.5, 0.5, 0.0), [0, 1, 1]),
    ],
)
def test_a_split_is_contiguous_and_whole(n: int, split: tuple, stops: list[int]) -> None:
    assert split_stops(n, split) == stops


def dataset_of(path: Path, cache: Path, *, from_train_only: bool):
    corpus = open_corpus([path], TextFormat(), cache)
    return divide(
        corpus, (0.5, 0.25, 0.25), level="char", min_count=1, from_train_only=from_train_only
    )


def test_a_rare_character_at_the_end_is_in_the_vocabulary(path: Path, cache: Path) -> None:
    path.write_text("abababab" + "abcaabzb")
    dataset = dataset_of(path, cache, from_train_only=False)
    assert dataset.vocabulary == Vocabulary("char", tuple(map(ord, "abcz")))
    assert dataset.unknown == (0, 0, 0)
    assert dataset.counts.tolist() == [4, 4, 0, 0]


def test_the_strict_protocol_makes_it_unk_and_counts_it(path: Path, cache: Path) -> None:
    path.write_text("abababab" + "abca" + "abzz")
    dataset = dataset_of(path, cache, from_train_only=True)
    assert dataset.vocabulary == Vocabulary("char", tuple(map(ord, "ab")), has_unk=True)
    assert dataset.unknown == (0, 1, 2)
    assert dataset.val.ids_at(np.arange(4)).tolist() == [0, 1, 2, 0]
    assert dataset.test.ids_at(np.arange(4)).tolist() == [0, 1, 2, 2]
    assert dataset.unigram_loss == pytest.approx(np.log(2))
