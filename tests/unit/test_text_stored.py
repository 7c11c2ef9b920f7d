"""Ids that stay on disk are the same ids, and a file that changes under them is an error."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import DataError
from charrnn.text import encoded, stored
from charrnn.text.batches import BatchSizes
from charrnn.text.corpus import Corpus, open_corpus
from charrnn.text.dataset import divide
from charrnn.text.read import TextFormat
from charrnn.text.stored import Stored
from charrnn.text.text_part import TextPart

TEXT = "the cat sat on the mät\nthe dog sat on the log 😀\n" * 50


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stored") / "numbers"
    path.write_bytes(b"head" + np.arange(1000, dtype=np.uint16).tobytes())
    return path


def opened(numbers: Path) -> Stored:
    return Stored.open(numbers, np.dtype(np.uint16), 4, 1000)


@given(data=st.data(), gap=st.sampled_from([1, 10, 4096]))
def test_what_is_read_is_what_an_array_gives(numbers: Path, data, gap: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "GAP", gap)
        start, stop = sorted(data.draw(st.tuples(st.integers(0, 1200), st.integers(0, 1200))))
        part, array = opened(numbers)[start:stop], np.arange(1000)[start:stop]
        assert len(part) == len(array)
        np.testing.assert_array_equal(np.asarray(part), array)
        np.testing.assert_array_equal(np.asarray(part[3:-2]), array[3:-2])
        if len(array):
            shape = data.draw(st.sampled_from([(7,), (3, 4), (0,), (2, 1, 2)]))
            count = int(np.prod(shape))
            places = st.lists(st.integers(0, len(array) - 1), min_size=count, max_size=count)
            where = np.array(data.draw(places), int).reshape(shape)
            np.testing.assert_array_equal(part[where], array[where])
            assert part[where].dtype == np.uint16


@pytest.mark.parametrize("pread", [True, False])
def test_with_and_without_pread(
    numbers: Path, monkeypatch: pytest.MonkeyPatch, pread: bool
) -> None:
    if not pread:
        monkeypatch.delattr(os, "pread", raising=False)
    assert opened(numbers)[np.array([999, 0, 5])].tolist() == [999, 0, 5]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def long(path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """The corpus of `path`, as if it were a long one."""
    monkeypatch.setattr(encoded, "SHORT", 0)
    return open_corpus([path], TextFormat(), path.parent / "cache")


@pytest.mark.parametrize("separator", [None, 10])
def test_a_long_text_trains_as_a_short_one(path: Path, monkeypatch, separator) -> None:
    corpora = open_corpus([path], TextFormat(), path.parent / "cache"), long(path, monkeypatch)
    assert [type(corpus.codes) for corpus in corpora] == [np.ndarray, Stored]
    how = {"level": "char", "min_count": 1, "from_train_only": False, "separator": separator}
    short, other = (divide(corpus, (0.8, 0.1, 0.1), **how) for corpus in corpora)
    assert short.vocabulary == other.vocabulary
    np.testing.assert_array_equal(short.counts, other.counts)
    for part, its in ((short.train, other.train), (short.val, other.val)):
        np.testing.assert_array_equal(part.sequence(10**6), its.sequence(10**6))
    ours, theirs = (d.train.batches(BatchSizes(3, 7, seed=1)) for d in (short, other))
    assert ours.chunks == theirs.chunks
    for step in range(ours.chunks):
        for mine, its in zip(ours.chunk(step)[:2], theirs.chunk(step)[:2], strict=True):
            np.testing.assert_array_equal(mine, its)


def cut(file: Path) -> None:
    os.truncate(file, 200)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def overwrite(file: Path) -> None:
    raw = bytearray(file.read_bytes())
    raw[-100] ^= 1
    with file.open("r+b") as out:
        out.write(raw)
    os.utime(file, ns=(0, 0))


@pytest.mark.parametrize("change", [cut, empty, overwrite])
def test_a_file_that_changes_while_it_is_in_use_is_told(path: Path, monkeypatch, change) -> None:
    """A memory map would have ended the process by SIGBUS."""
    corpus = long(path, monkeypatch)
    (file,) = (path.parent / "cache").iterdir()
    change(file)
    with pytest.raises(DataError, match=r"ids: the encoded text cannot be read \(it was changed"):
        corpus.codes[np.arange(100)]
    again = long(path, monkeypatch)
    assert "".join(map(chr, again.symbols[np.asarray(again.codes)])) == TEXT


@pytest.mark.parametrize("change", [cut, empty, overwrite, Path.unlink])
def test_a_short_text_does_not_mind(path: Path, change) -> None:
    corpus = open_corpus([path], TextFormat(), path.parent / "cache")
    (file,) = (path.parent / "cache").iterdir()
    change(file)
    assert "".join(map(chr, corpus.symbols[corpus.codes])) == TEXT


def test_a_long_text_does_not_mind_that_its_file_is_deleted(path: Path, monkeypatch) -> None:
    corpus = long(path, monkeypatch)
    (file,) = (path.parent / "cache").iterdir()
    file.unlink()
    assert "".join(map(chr, corpus.symbols[np.asarray(corpus.codes)])) == TEXT


def test_what_is_wrong_with_the_disk_is_told(path: Path, monkeypatch) -> None:
    corpus = long(path, monkeypatch)

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(stored._File, "_read_some", fail)
    with pytest.raises(DataError, match=r"cannot be read \(Input/output error\)"):
        TextPart(corpus.codes[:10], np.arange(100)).counts()
