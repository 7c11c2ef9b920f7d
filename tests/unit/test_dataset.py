"""A corpus in three parts: whose characters the vocabulary has, and what each part misses."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.text.corpus import open_corpus
from charrnn.text.dataset import divide
from charrnn.text.read import TextFormat
from charrnn.text.vocab import Vocabulary


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.txt"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


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
