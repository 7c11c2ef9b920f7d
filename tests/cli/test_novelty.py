"""sample --novelty: what stands in the training part, and only there, and where."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn import api
from charrnn.studies.novelty.locate import locate
from charrnn.text import read
from charrnn.text.read import TextFormat
from tests.saved import TEXT, save

SIZES = (4, 8, 16, 32)


@pytest.fixture
def saved(charrnn, tmp_path: Path):
    """A checkpoint over the small text of `tests.saved`, whose text is there; and the command."""
    Path("text.txt").write_text(TEXT)
    save(tmp_path / "model.npz", "data.split=[0.5,0.5,0]")
    return charrnn


def shares(text: str, sample: str) -> dict[str, float | None]:
    """The definition: of all n-grams, how many are not in the text."""
    found: dict[str, float | None] = {}
    for n in SIZES:
        grams = [sample[i : i + n] for i in range(len(sample) - n + 1)]
        new = sum(gram not in text for gram in grams)
        found[str(n)] = new / len(grams) if grams else None
    return found


def longest(text: str, sample: str) -> int:
    stretches = ((i, k) for i in range(len(sample)) for k in range(i + 1, len(sample) + 1))
    return max((k - i for i, k in stretches if sample[i:k] in text), default=0)


def test_json_has_every_figure_by_its_definition(saved) -> None:
    ran = saved("sample", "model.npz", "-n", "60", "--count", "3", "--novelty", "--json")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    train = TEXT[: len(TEXT) // 2]
    for one in found["samples"]:
        passage = one["novelty"]["longest"]
        assert one["novelty"]["novel"] == pytest.approx(shares(train, one["text"]))
        assert passage["characters"] == len(passage["text"]) == longest(train, one["text"])
        assert one["text"][passage["start"] :].startswith(passage["text"])
        assert train.index(passage["text"]) == passage["offset"]
        assert (passage["path"], passage["line"]) == (
            "text.txt",
            1 + train[: passage["offset"]].count("\n"),
        )
    whole = found["novelty"]
    assert (whole["text"], whole["characters"], whole["changed"]) == (["text.txt"], 64, False)
    lengths = [one["novelty"]["longest"]["characters"] for one in found["samples"]]
    assert whole["samples"]["median"] == sorted(lengths)[1]
    assert whole["samples"]["most"] == max(lengths)
    assert whole["held_out"]["most"] == 60  # the text repeats itself


def test_the_samples_are_stdout_and_the_table_is_stderr(saved) -> None:
    plain = saved("sample", "model.npz", "-n", "40", "--count", "2")
    ran = saved("sample", "model.npz", "-n", "40", "--count", "2", "--novelty")
    assert (ran.code, ran.out) == (0, plain.out)
    lines = ran.err.splitlines()
    assert lines[1] == "Compared with the training part of text.txt, 64 characters:"
    assert lines[2].split()[:5] == ["longest", "copy", "new", "4-grams", "8-grams"]
    assert [line.split("  ")[0] for line in lines[3:]] == [
        "sample 1",
        "sample 2",
        "all samples",
        "held-out text",
    ]
    assert "line 1: '" in lines[3]


def test_the_prime_is_nobodys_memory(charrnn) -> None:
    """hello from h: ello is what was written, and stands in the text as its second character."""
    assert charrnn("train", "configs/hello.yaml", "--quiet").code == 0
    options = ("--prime", "h", "--greedy", "-n", "4", "--novelty")
    (sample,) = json.loads(charrnn("sample", "runs/hello", *options, "--json").out)["samples"]
    assert sample["novelty"]["longest"] == {
        "text": "ello",
        "characters": 4,
        "start": 0,
        "offset": 1,
        "path": "data/hello.txt",
        "line": 1,
    }
    assert sample["novelty"]["novel"] == {"4": 0.0, "8": None, "16": None, "32": None}
    ran = charrnn("sample", "runs/hello", *options)
    assert ran.out == "hello"
    assert ran.err.endswith("\nThere is no held-out text of this length to compare with.\n")


def test_a_text_that_is_missing_changed_or_moved_is_one_line(saved) -> None:
    Path("text.txt").rename("moved.txt")
    ran = saved("sample", "model.npz", "--novelty")
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert "text.txt: there is no such file" in ran.err
    assert "--corpus" in ran.err
    ran = saved("sample", "model.npz", "-n", "9", "--json", "--novelty", "--corpus", "moved.txt")
    assert (ran.code, ran.err) == (0, "")
    ran = saved("sample", "model.npz", "--corpus", "none.txt")
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    Path("other.txt").write_text("what the model does not know: 漢, but a and b\n" * 20)
    ran = saved("sample", "model.npz", "-n", "9", "--corpus", "other.txt", "--json")
    assert (ran.code, ran.err.count("\n")) == (0, 1)
    assert "note: other.txt: not the text that the model was trained on" in ran.err
    assert json.loads(ran.out)["novelty"]["changed"] is True
    ran = saved("sample", "model.npz", "-n", "9", "--corpus", "other.txt")
    assert ran.err.startswith("note: other.txt: not the text")


def test_only_the_training_part_counts(charrnn) -> None:
    """What stands in the second half alone is new."""
    Path("halves.txt").write_text("abcd" * 10 + "dcba" * 10)
    save(Path("model.npz"), "data.path=halves.txt", "data.split=[0.5,0.25,0.25]")
    trained = api.load("model.npz")
    training = api.open_training_text(trained)
    knows = trained.vocabulary.symbols  # a, b, c, d and a newline
    assert knows == tuple(b"\nabcd")
    sample = trained.vocabulary.encode("dcbabcda")
    report = api.novelty_of(training, [sample, trained.vocabulary.encode("\n\n")], (2, 3))
    first, second = report.samples
    assert first.longest == api.Passage("abcda", 5, 3, 0, Path("halves.txt"), 1)
    assert first.novel == {2: 3 / 7, 3: 3 / 6}
    assert second.longest is None
    assert second.novel == {2: 1.0, 3: None}
    assert [one.characters for one in report.held_out] == [8, 2]
    assert report.held_out[0].longest == api.Passage("a", 1, 3, 0, Path("halves.txt"), 1)


def test_records_are_those_of_the_training_part(charrnn) -> None:
    names = [f"{a}{b}" for a in "abcd" for b in ("aab", "bac", "cad", "dd", "abba")]
    text = "\n".join(["", *names])  # the last one lacks its end
    Path("names.txt").write_text(text)
    save(
        Path("model.npz"), "data.path=names.txt", 'data.records="\\n"', "data.split=[0.5,0.25,0.25]"
    )
    trained = api.load("model.npz")
    training = api.open_training_text(trained)
    report = api.novelty_of(training, [trained.vocabulary.encode(f"{one}\n") for one in names])
    known = [
        (name, one.longest)
        for name, one in zip(names, report.samples, strict=True)
        if one.longest is not None and one.length >= len(name)
    ]
    assert 10 <= len(known) < 20
    for _, passage in known:
        assert text[passage.offset :].startswith(passage.text.rstrip("\n"))
        assert passage.line == 1 + text[: passage.offset].count("\n")
    assert 5 <= len(report.held_out) <= 20
    assert all(one.characters >= 3 for one in report.held_out)


def test_bytes_are_compared_as_bytes(charrnn) -> None:
    raw = "é漢".encode() * 9
    Path("text.bin").write_bytes(raw)
    save(Path("model.npz"), "data.path=text.bin", "data.level=byte", "data.split=[1,0,0]")
    trained = api.load("model.npz")
    training = api.open_training_text(trained)
    inside = training.in_alphabet(np.arange(trained.vocabulary.size))
    assert inside.tolist() == [-1] * trained.vocabulary.size  # it knows ASCII alone
    assert training.as_text(np.searchsorted(training.corpus.symbols, list(raw[:5]))) == "é漢"


@given(st.lists(st.text("ab\n", max_size=12), min_size=1, max_size=4), st.data())
def test_the_line_of_a_place(tmp_path_factory, pieces: list[str], data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("files")
    paths = []
    for k, piece in enumerate(pieces):
        paths.append(folder / f"{k}.txt")
        paths[-1].write_bytes(piece.encode())
    total = sum(map(len, pieces))
    places = data.draw(st.lists(st.integers(0, max(0, total - 1)), max_size=5))
    every = [
        (path, 1 + piece[:k].count("\n"))
        for path, piece in zip(paths, pieces, strict=True)
        for k in range(len(piece))
    ]
    found = locate(paths, TextFormat(), places)
    assert [tuple(one) for one in found] == [every[k] for k in places if every] or not every


def test_the_line_of_a_place_beyond_the_first_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "BLOCK", 5)
    pieces = ["ab\n" * 7, "c\n\nd" * 6]
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for path, piece in zip(paths, pieces, strict=True):
        path.write_bytes(piece.encode())
    every = [
        (path, 1 + piece[:k].count("\n"))
        for path, piece in zip(paths, pieces, strict=True)
        for k in range(len(piece))
    ]
    found = locate(paths, TextFormat(), range(len(every)))
    assert [tuple(one) for one in found] == every


CJK = "".join(map(chr, range(0x4E00, 0x4E00 + 1000)))  # each once: its id is its place


def training_text(*overrides: str) -> api.TrainingText:
    save(Path("model.npz"), "data.path=text.txt", *overrides)
    return api.open_training_text(api.load("model.npz"))


@pytest.mark.parametrize(
    ("split", "first"), [("[.5,.5,0]", 500), ("[.5,0,.5]", 500), ("[.25,.5,.25]", 250)]
)
def test_one_sample_is_compared_with_ten_passages_from_all_over(
    charrnn, split: str, first: int
) -> None:
    """Of the validation part; where that is empty, of the test part."""
    Path("text.txt").write_text(CJK, encoding="utf-8")
    training = training_text(f"data.split={split}")
    passages = training.passages([7] * 10)
    assert [one.tolist() for one in passages] == [
        list(range(start, start + 7)) for start in range(first, first + 500, 50)
    ]
    report = api.novelty_of(training, [np.zeros(7, np.int64)])
    assert [one.characters for one in report.held_out] == [7] * 10
    report = api.novelty_of(training, [np.zeros(7, np.int64)] * 4)
    assert len(report.held_out) == 12
    report = api.novelty_of(training, [np.zeros(120, np.int64)])
    assert len(report.held_out) == 4  # there is no room for more


def test_a_test_part_is_held_out_where_there_is_no_other(charrnn) -> None:
    Path("text.txt").write_text(CJK, encoding="utf-8")
    training = training_text("data.split=[.9,0,.1]")
    assert [one.tolist() for one in training.passages([3, 3])] == [[900, 901, 902], [950, 951, 952]]
    assert training_text("data.split=[1,0,0]").passages([3, 3]) == []


def test_a_held_out_record_has_its_end(charrnn) -> None:
    names = [f"{a}{b}" for a in "abcd" for b in ("aab", "bac", "cad", "dd", "abba")]
    Path("text.txt").write_text("\n".join(names) + "\n")
    training = training_text('data.records="\\n"', "data.split=[.5,.25,.25]")
    texts = [training.as_text(one) for one in training.passages([9] * 5)]
    assert len(set(texts)) == 5
    assert {text[:-1] for text in texts} <= set(names)
    assert all(text.endswith("\n") for text in texts)
