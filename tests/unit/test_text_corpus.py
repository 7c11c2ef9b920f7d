"""The cache of encoded texts: found, never stale, made again, never in the way."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import DataError
from charrnn.text import corpus as corpus_module
from charrnn.text import encoded, read, vocab
from charrnn.text.corpus import Corpus, default_cache, open_corpus, split_stops
from charrnn.text.read import TextFormat
from charrnn.text.text_part import TextPart
from tests.grid import examples
from tests.texts import FORMATS, WILD, at_once

TEXT = "hello, wörld 😀"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "cache"


def text_of(corpus: Corpus) -> str:
    return "".join(map(chr, corpus.symbols[corpus.codes]))


def forbid_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("encoded again")

    monkeypatch.setattr(corpus_module, "count_symbols", fail)


@pytest.mark.parametrize(
    ("first", "size", "dtype"),
    [
        (0, 256, "uint8"),
        (0, 257, "uint16"),
        (0x10000, 2**16, "uint16"),
        (0x10000, 2**16 + 1, "uint32"),
    ],
)
@pytest.mark.parametrize("at_once", [100, 2**18])
def test_ids_of_any_alphabet(
    path: Path, cache: Path, first: int, size: int, dtype: str, at_once: int, monkeypatch
) -> None:
    text = "".join(map(chr, range(first, first + size)))
    path.write_text(text, encoding="utf-8", newline="")
    monkeypatch.setattr(encoded, "AT_ONCE", at_once)
    corpus = open_corpus([path], TextFormat(newlines="keep"), cache)
    assert corpus.codes.dtype == dtype
    assert corpus.characters == size
    np.testing.assert_array_equal(corpus.codes, np.arange(size))
    np.testing.assert_array_equal(corpus.symbols, np.arange(first, first + size))
    np.testing.assert_array_equal(corpus.counts, np.ones(size))
    assert not corpus.codes.flags.writeable


@examples(30)
@given(raw=st.binary(min_size=1), block=st.integers(1, 5))
def test_bytes_are_kept_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.bin"
    path.write_bytes(raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "BLOCK", block)
        corpus = open_corpus(
            [path], TextFormat(level="byte"), tmp_path_factory.getbasetemp() / "bytes"
        )
    assert bytes(corpus.symbols[corpus.codes].tolist()) == raw


@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_counts_of_a_part(path: Path, cache: Path, at_once: int, monkeypatch) -> None:
    monkeypatch.setattr(vocab, "AT_ONCE", at_once)
    corpus = open_corpus([path], TextFormat(), cache)
    for start, stop in [(0, 0), (0, 5), (3, 11), (0, len(TEXT)), (len(TEXT), len(TEXT))]:
        part = TextPart(corpus.codes[start:stop], np.arange(len(corpus.symbols)))
        counts = part.counts()
        assert counts.dtype == np.int64
        assert counts.tolist() == [TEXT[start:stop].count(chr(s)) for s in corpus.symbols]


@pytest.mark.parametrize(
    "form",
    [
        TextFormat(level="byte"),
        TextFormat(encoding="latin-1"),
        TextFormat(lowercase=True),
        TextFormat(normalize="NFC"),
        TextFormat(newlines="keep"),
    ],
)
def test_each_way_of_reading_has_its_file(path: Path, cache: Path, form: TextFormat) -> None:
    open_corpus([path], TextFormat(), cache)
    open_corpus([path], form, cache)
    assert len(list(cache.iterdir())) == 2


def test_bytes_are_bytes_whatever_the_encoding(path: Path, cache: Path, monkeypatch) -> None:
    open_corpus([path], TextFormat(level="byte"), cache)
    forbid_encoding(monkeypatch)
    assert open_corpus([path], TextFormat(level="byte", encoding="latin-1"), cache).characters == 18


def test_the_same_text_in_another_place_is_found(path: Path, cache: Path, monkeypatch) -> None:
    open_corpus([path], TextFormat(), cache)
    halves = [path.with_name("1"), path.with_name("2")]
    raw = path.read_bytes()
    for half, part in zip(halves, (raw[:5], raw[5:]), strict=True):
        half.write_bytes(part)
    forbid_encoding(monkeypatch)
    assert text_of(open_corpus(halves, TextFormat(), cache)) == TEXT


DAMAGE = {
    "a list": lambda line: b"[]\n",
    "too deep": lambda line: b"[" * 100_000 + b"\n",
    "no JSON": lambda line: line[1:],
    "no UTF-8": lambda line: b"\xff" + line,
    "a symbol": lambda line: line.replace(b"101", b"102"),
    "a count": lambda line: line.replace(b'counts": [2', b'counts": [1'),
    "a type": lambda line: line.replace(b"uint8", b"int8 "),
    "a size": lambda line: line.replace(b'"characters": 14', b'"characters": -1'),
    "a blank": lambda line: line.replace(b" \n", b"\n "),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_header_is_made_again(path: Path, cache: Path, damage: str) -> None:
    open_corpus([path], TextFormat(), cache)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    magic, line, ids = whole.split(b"\n", 2)
    damaged = DAMAGE[damage](line + b"\n")
    assert damaged != line + b"\n"
    file.write_bytes(magic + b"\n" + damaged + ids)
    assert text_of(open_corpus([path], TextFormat(), cache)) == TEXT
    assert file.read_bytes() == whole


@pytest.mark.parametrize("size", [0, 1, 17, 60, 82, 83, 200, -1])
def test_a_cut_or_overlong_file_is_made_again(path: Path, cache: Path, size: int) -> None:
    open_corpus([path], TextFormat(), cache)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:size] if size >= 0 else whole + b"x")
    assert text_of(open_corpus([path], TextFormat(), cache)) == TEXT
    assert file.read_bytes() == whole


def test_every_flipped_bit_is_noticed(path: Path, cache: Path) -> None:
    open_corpus([path], TextFormat(), cache)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    for k in range(len(whole)):
        file.write_bytes(whole[:k] + bytes([whole[k] ^ 1]) + whole[k + 1 :])
        with pytest.raises(ValueError, match=r"not an encoded|damaged|another text"):
            encoded.load_encoded(file)


def test_a_file_under_the_name_of_another_is_made_again(path: Path, cache: Path) -> None:
    other = path.with_name("other.txt")
    other.write_text("drlöw ,olleh 😀", encoding="utf-8")
    open_corpus([path], TextFormat(), cache)
    (mine,) = cache.iterdir()
    open_corpus([other], TextFormat(), cache)
    (its,) = set(cache.iterdir()) - {mine}
    mine.write_bytes(its.read_bytes())
    assert text_of(open_corpus([path], TextFormat(), cache)) == TEXT


def test_a_folder_in_its_place_is_named(path: Path, cache: Path) -> None:
    open_corpus([path], TextFormat(), cache)
    (file,) = cache.iterdir()
    file.unlink()
    file.mkdir()
    with pytest.raises(DataError, match="cannot be stored there"):
        open_corpus([path], TextFormat(), cache)
    assert list(cache.iterdir()) == [file]


def test_a_full_disk_is_told_and_nothing_is_left(path: Path, cache: Path, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError) as caught:
        open_corpus([path], TextFormat(), cache)
    assert str(caught.value) == (
        f"{cache}: the encoded text cannot be stored there (No space left on device); set"
        " CHARRNN_CACHE to a folder with enough space"
    )
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("after", [TEXT[::-1], "shorter", "", None])
def test_a_text_that_changes_or_goes_is_told(
    path: Path, cache: Path, after: str | None, monkeypatch
) -> None:
    count = corpus_module.count_symbols

    def count_then_change(*arguments):
        survey = count(*arguments)
        path.unlink() if after is None else path.write_text(after, encoding="utf-8")
        return survey

    monkeypatch.setattr(corpus_module, "count_symbols", count_then_change)
    with pytest.raises(DataError, match=r"some\.txt: (the text changed|cannot be read)"):
        open_corpus([path], TextFormat(), cache)
    assert list(cache.iterdir()) == []


def test_several_processes_at_once_do_no_harm(path: Path, cache: Path) -> None:
    path.write_text(TEXT * 20_000, encoding="utf-8")
    program = (
        "import sys; from pathlib import Path; from charrnn.text.corpus import open_corpus;"
        "from charrnn.text.read import TextFormat; sys.stdin.read(1);"
        "print(open_corpus([Path(sys.argv[1])], TextFormat(), Path(sys.argv[2])).codes.sum())"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, path, cache],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("x")
        process.stdin.flush()
    sums = {process.communicate()[0] for process in processes}
    assert sums == {f"{open_corpus([path], TextFormat(), cache).codes.sum()}\n"}
    assert [process.returncode for process in processes] == [0] * 4
    assert len(list(cache.iterdir())) == 1


def test_progress_goes_up_to_all_that_is_read(path: Path, cache: Path, monkeypatch) -> None:
    monkeypatch.setattr(read, "BLOCK", 5)
    size, told = path.stat().st_size, []
    for _ in range(2):
        told.append([])
        open_corpus([path], TextFormat(), cache, lambda *at: told[-1].append(at))
    new, found = told
    steps = [*range(5, size, 5), size]
    passes = [(k + done, 3 * size) for k in (0, size, 2 * size) for done in steps]
    assert new == passes
    assert found == passes[: len(steps)]


def test_progress_stops_at_the_total_when_a_file_grows(path: Path, cache: Path) -> None:
    size, told = path.stat().st_size, []

    def grow(*at: int) -> None:
        told.append(at)
        if len(told) == 1:
            path.write_text(TEXT * 5, encoding="utf-8")

    open_corpus([path], TextFormat(), cache, grow)
    assert told[-1] == (3 * size, 3 * size)


@pytest.mark.parametrize(
    ("system", "variable", "folder"),
    [
        ("linux", None, "home/.cache/charrnn"),
        ("linux", "XDG_CACHE_HOME", "named/charrnn"),
        ("darwin", None, "home/Library/Caches/charrnn"),
        ("darwin", "XDG_CACHE_HOME", "home/Library/Caches/charrnn"),
        ("win32", None, "home/AppData/Local/charrnn/cache"),
        ("win32", "LOCALAPPDATA", "named/charrnn/cache"),
        ("win32", "CHARRNN_CACHE", "named"),
    ],
)
def test_where_the_cache_is(monkeypatch, system: str, variable: str | None, folder: str) -> None:
    for name in ("CHARRNN_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(Path, "home", lambda: Path("home"))
    if variable:
        monkeypatch.setenv(variable, "named")
    assert default_cache() == Path(folder)


def test_without_a_home_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("CHARRNN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(DataError, match="set CHARRNN_CACHE"):
        default_cache()


@given(
    n=st.integers(0, 10**10),
    shares=st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any),
)
def test_the_parts_of_a_split_are_the_text(n: int, shares: list[int]) -> None:
    split = [share / sum(shares) for share in shares]
    stops = split_stops(n, split)
    assert stops[-1] == n
    assert 0 <= stops[0] <= stops[1] <= n
    for stop, share in zip(stops, np.cumsum(split), strict=True):
        assert abs(stop - share * n) <= 1 + n * 2e-9


@given(text=WILD.filter(lambda text: text.removeprefix("\ufeff") != ""), form=FORMATS)
@examples(60)
def test_the_corpus_is_the_text(
    tmp_path_factory: pytest.TempPathFactory, text: str, form: TextFormat
) -> None:
    path = tmp_path_factory.getbasetemp() / "corpus.txt"
    path.write_bytes(text.encode())
    for _ in range(2):
        corpus = open_corpus([path], form, tmp_path_factory.getbasetemp() / "corpora")
        assert "".join(map(chr, corpus.symbols[corpus.codes])) == at_once(text, form)


def test_a_changed_text_of_the_same_size_and_time_is_read_again(path: Path, cache: Path) -> None:
    path.write_text("aaaa")
    stamp = path.stat()
    open_corpus([path], TextFormat(), cache)
    path.write_text("abab")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert open_corpus([path], TextFormat(), cache).codes.tolist() == [0, 1, 0, 1]


def test_a_cache_that_cannot_be_written_is_named(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="CHARRNN_CACHE"):
        open_corpus([path], TextFormat(), tmp_path / "file" / "below")


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
