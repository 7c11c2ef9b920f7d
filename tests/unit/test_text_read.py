"""Reading and folding: every codec of Python, every place to cut, every file that is none."""

import codecs
import hashlib
import os
import sys
import unicodedata
from encodings.aliases import aliases
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import DataError, UsageError
from charrnn.text import normalise as folding
from charrnn.text import read
from charrnn.text.normalise import Normaliser
from charrnn.text.read import TextFormat, find_files, read_symbols
from tests.grid import examples
from tests.texts import FORMATS, WILD, at_once

NO_TEXT = [
    "utf-9",
    "rot13",
    "base64",
    "zlib",
    "",
    "a\0b",
    "punycode",
    "idna",
    "undefined",
    "unicode_escape",
    "raw_unicode_escape",
    "quopri",
    "uu",
]


def is_of_text(name: str) -> bool:
    try:
        TextFormat(encoding=name)
    except UsageError:
        return False
    return True


ENCODINGS = [name for name in sorted({*aliases.values(), "utf-8-sig"}) if is_of_text(name)]


def read_text(path: Path, **form) -> str:
    blocks = read_symbols([path], TextFormat(**form))
    return "".join(chr(c) for block in blocks for c in block.tolist())


def folded(text: str, form: str | None) -> str:
    return unicodedata.normalize(form, text.lower()) if form else text.lower()


@pytest.mark.parametrize("name", NO_TEXT)
def test_what_is_not_for_text_files_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"is not an encoding of text; try utf-8"):
        TextFormat(encoding=name)


def test_there_is_no_lack_of_encodings() -> None:
    assert len(ENCODINGS) > 80
    assert {"utf_8", "utf_16", "utf_7", "cp1252", "gb18030", "iso2022_jp"} <= set(ENCODINGS)


@pytest.mark.parametrize("encoding", ENCODINGS)
@examples(15)
@given(
    text=st.text("ab\n éЖ漢か한+-&~\\", max_size=12),
    tail=st.binary(max_size=3),
    block=st.integers(1, 5),
)
def test_every_codec_gives_in_blocks_what_it_gives_at_once(
    tmp_path_factory: pytest.TempPathFactory, encoding: str, text: str, tail: bytes, block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "codec.txt"
    raw = text.encode(encoding, "ignore") + tail
    path.write_bytes(raw)
    skipped = 3 if encoding == "utf-8-sig" and raw.startswith(codecs.BOM_UTF8) else 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "BLOCK", block)
        try:
            whole = raw.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            # This one codec of Python counts from after the mark; a file is counted from its start.
            with pytest.raises(DataError, match=rf"byte {error.start + skipped} \(line \d+\)"):
                read_text(path, encoding=encoding, newlines="keep")
        else:
            assert read_text(path, encoding=encoding, newlines="keep") == whole


@pytest.mark.parametrize(
    ("raw", "encoding", "place"),
    [
        (codecs.BOM_UTF8 + b"a\nb\xff", "utf-8", "byte 6 (line 2) is not utf-8: ff"),
        (b"ab\n\xe6\xbc", "utf-8", "byte 3 (line 2) is not utf-8: e6 bc (unexpected end"),
        (b"a\0\n\0\x00\xd8b\0", "utf-16-le", "byte 4 (line 2) is not utf-16-le: 00 d8 (illegal"),
        (b"a\0b", "utf-16-le", "byte 2 (line 1) is not utf-16-le: 62 (truncated"),
        (b"\xe9t\xe9 \x81", "cp1252", "byte 4 (line 1) is not charmap: 81"),
    ],
)
@pytest.mark.parametrize("block", [1, 2, 3, 1000])
def test_the_place_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    raw: bytes,
    encoding: str,
    place: str,
    block: int,
) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(raw)
    monkeypatch.setattr(read, "BLOCK", block)
    with pytest.raises(DataError) as caught:
        read_text(path, encoding=encoding)
    assert str(caught.value).startswith(f"{path}: {place}")


def test_the_file_at_fault_is_told(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_bytes(b"good\n" * 5)
    bad.write_bytes(b"\n\xff")
    with pytest.raises(DataError, match=r"bad\.txt: byte 1 \(line 2\)"):
        list(read_symbols([good, bad], TextFormat()))


def test_each_file_may_have_its_mark(tmp_path: Path) -> None:
    paths = [tmp_path / "1", tmp_path / "2"]
    for path in paths:
        path.write_bytes(codecs.BOM_UTF8 + "é".encode())
    blocks = list(read_symbols(paths, TextFormat()))
    assert [c for block in blocks for c in block.tolist()] == [0xE9, 0xE9]


def test_a_mark_that_is_not_at_the_start_is_text(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(("a" + "\ufeff" * 2).encode())
    assert read_text(tmp_path / "x") == "a\ufeff\ufeff"


@pytest.mark.parametrize("block", [1, 2, 3])
def test_newlines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    path = tmp_path / "newlines.txt"
    path.write_bytes(b"a\r\nb\rc\n\r\r\n\0\r")
    monkeypatch.setattr(read, "BLOCK", block)
    assert read_text(path) == "a\nb\nc\n\n\n\0\n"
    assert read_text(path, newlines="keep") == "a\r\nb\rc\n\r\r\n\0\r"
    assert read_text(path, level="byte") == "a\r\nb\rc\n\r\r\n\0\r"


@examples(200)
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
        assert read_text(path, **vars(form)) == at_once(text, form)


def test_what_cannot_be_cut_is_cut_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "LONGEST", 100)
    folder = Normaliser(lowercase=False, normalize="NFC")
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
def test_a_byte_order_mark_is_dropped(tmp_path: Path, encoding: str, bom: bytes) -> None:
    little = encoding if encoding.endswith(("8", "le")) else f"{encoding}-le"
    path = tmp_path / "marked.txt"
    path.write_bytes(bom + "aé😀".encode(little))
    assert read_text(path, encoding=encoding) == "aé😀"


def first_bad_byte(raw: bytes) -> int:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return -1


@examples(150)
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
    assert "data.level" in str(caught.value)
    assert "\n" not in str(caught.value)


# What neighbours decide: sigma, dotted I, jamo, marks out of order, vowel signs, joined emoji.
ENTANGLED = [
    "ΟΔΟΣ ΟΔΟΣ'Σ ΑΣ.Β Σ",
    "İSTANBUL I\u0307",
    "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "e\u0323\u0301e\u0301\u0323 \u0301",
    "\u0d9a\u0ddc\u0dca\u0d9a\u0dd9\u0dcf\u0dca",
    "ﾊﾟﾊ\u3099ﬁ①½Å\u212b",
    "🧑\u200d🤝\u200d🧑e\u0301",
]


@pytest.mark.parametrize("text", ENTANGLED)
@pytest.mark.parametrize("form", [None, "NFC", "NFKC"])
def test_wherever_the_pieces_end_the_text_is_the_same(text: str, form: str | None) -> None:
    for k in range(len(text) + 1):
        for j in range(k, len(text) + 1):
            fold = Normaliser(True, form)
            pieces = [fold.feed(piece) for piece in (text[:k], text[k:j], text[j:])]
            assert "".join(pieces) + fold.finish() == folded(text, form), (k, j)


@examples(400)
@given(
    pieces=st.lists(st.text("ΣσAa1'·\u0301\u200dʰ.İᾳ゙ー \u0345", max_size=5)),
    form=st.sampled_from([None, "NFC", "NFKC"]),
    look_back=st.integers(1, 4),
)
def test_sigma_sees_what_it_would_see(pieces: list[str], form: str | None, look_back: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "LOOK_BACK", look_back)
        fold = Normaliser(True, form)
        assert "".join(map(fold.feed, pieces)) + fold.finish() == folded("".join(pieces), form)


def joins(c: str, form: str) -> bool:
    """Whether what comes before `c` is held back, since normalisation may change it."""
    return not Normaliser(False, form).feed("a" + c)


@pytest.mark.parametrize(("form", "decomposed"), [("NFC", "NFD"), ("NFKC", "NFKD")])
def test_no_cut_comes_before_what_joins(form: str, decomposed: str) -> None:
    """Every character of Unicode that anything is composed with, and every one that has a class."""
    for point in range(sys.maxunicode + 1):
        c = chr(point)
        parts = unicodedata.normalize("NFD", c)
        composed = parts if unicodedata.normalize("NFC", parts) == c else ""
        for joined in composed[1:]:
            assert joins(joined, form), hex(point)
        if unicodedata.combining(unicodedata.normalize(decomposed, c)[0]):
            assert joins(c, form), hex(point)


@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_lowercase_makes_nothing_join_or_cease_to(form: str) -> None:
    for c in filter(lambda c: c != c.lower(), map(chr, range(sys.maxunicode + 1))):
        assert joins(c, form) == joins(c.lower()[0], form), hex(ord(c))


@pytest.mark.parametrize("form", [None, "NFC", "NFKC"])
@pytest.mark.parametrize("unit", ["Привет", "日本語。", "😀", "हिन्दी", "가나", "ΑΣ ", "ab\t", "¿¡"])
def test_one_long_line_is_not_held_back(unit: str, form: str | None) -> None:
    fold = Normaliser(True, form)
    for _ in range(5):
        fold.feed(unit * 5000)
        assert len(fold.pending) <= 2 * len(unit)


def test_two_stars_stand_for_any_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    for name in ("x/y/c.txt", "x/b.txt", "a.txt", "a.md"):
        (tmp_path / name).write_text(name)
    monkeypatch.chdir(tmp_path)
    assert [p.as_posix() for p in find_files(["**/*.txt"])] == ["a.txt", "x/b.txt", "x/y/c.txt"]
    names = ["x/b.txt", "./a.txt", "x/b.txt", "*.txt"]
    assert [p.as_posix() for p in find_files(names)] == ["x/b.txt", "a.txt"]


def test_what_a_glob_finds_is_sorted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "cab":
        (tmp_path / name).write_text(name)
    disorder = [str(tmp_path / name) for name in "bca"]
    monkeypatch.setattr(read, "glob", lambda *_, **__: disorder)
    assert [path.name for path in find_files([str(tmp_path / "*")])] == ["a", "b", "c"]


def test_a_link_to_a_file_is_a_file_and_one_to_nothing_is_not(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("text")
    (tmp_path / "good").symlink_to(tmp_path / "real")
    (tmp_path / "bad").symlink_to(tmp_path / "nothing")
    assert read_text(*find_files([str(tmp_path / "good")])) == "text"
    for pattern in ("bad", "b*"):
        with pytest.raises(DataError, match="bad: cannot be read"):
            find_files([str(tmp_path / pattern)])


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 5000, "["])
def test_an_impossible_name_is_no_file(name: str) -> None:
    with pytest.raises(
        DataError, match=r"there is no such file; looked for in the current folder, \S+/"
    ):
        find_files([name])


def test_an_absolute_path_is_relative_to_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        find_files([str(tmp_path / "none")])
    assert "relative" not in str(caught.value)


def test_what_may_not_be_read_is_told_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("text")
    monkeypatch.setattr(read.os, "access", lambda *_: False)
    with pytest.raises(DataError, match=r"secret: cannot be read \(Permission denied\)"):
        find_files([str(tmp_path / "secret")])


@pytest.mark.parametrize("level", ["char", "byte"])
def test_a_failure_while_reading_is_told(tmp_path: Path, level: str) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        list(read_symbols([tmp_path], TextFormat(level=level)))


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


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (fifo, tmp_path, Path("/dev/zero")):
        with pytest.raises(DataError, match=f"{path}: not a file"):
            find_files([str(path)])
    with pytest.raises(DataError, match=r"nowhere.*: there is no such file"):
        find_files([str(tmp_path / "nowhere*.txt")])


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "some.txt"
    path.write_text("secret")
    path.chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        read_text(path)
