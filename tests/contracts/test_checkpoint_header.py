"""A checkpoint whose header says what cannot be is refused, by the name of what is wrong."""

from pathlib import Path
from typing import Any

import pytest

from charrnn.storage.archive import preamble
from tests.saved import forge, save
from tests.strangers import MIB, REMOVED, changed, cheaply, refusal
from tests.zips import Member, zip_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return save(tmp_path / "some.npz")


NOT_COUNTS = [-1, 1.0, 1.5, True, None, "1", [], {}, float("nan"), float("inf"), 2**53, 10**400]


@pytest.mark.parametrize("value", [*NOT_COUNTS, REMOVED], ids=lambda v: repr(v)[:20])
@pytest.mark.parametrize("name", ["step", "evaluated_step", "best_step", "stale", "falls"])
def test_a_counter_that_is_none_is_refused_by_name(path: Path, name: str, value: Any) -> None:
    changed(path, value, name)
    assert name in refusal(path)


@pytest.mark.parametrize("name", ["evaluated_step", "best_step"])
def test_what_is_after_the_step_is_refused(path: Path, name: str) -> None:
    changed(path, 6, name)
    assert name in refusal(path)


@pytest.mark.parametrize("value", [1, True, "low", [1.0], float("nan"), float("-inf"), REMOVED])
def test_a_loss_that_is_none_is_refused(path: Path, value: Any) -> None:
    changed(path, value, "best_loss")
    assert "best_loss" in refusal(path)


@pytest.mark.parametrize("value", [None, 7, "", "x" * 64, "a" * 63, "A" * 64, ["a" * 64], REMOVED])
def test_a_digest_of_the_text_that_is_none_is_refused(path: Path, value: Any) -> None:
    changed(path, value, "corpus_sha256")
    assert "corpus_sha256" in refusal(path)


@pytest.mark.parametrize("value", [0, 2, 99, 10**15, 10**400, -1, 1.0, True, "1", None, []])
def test_another_format_is_refused_by_its_number(path: Path, value: Any) -> None:
    changed(path, value, "format")
    why = refusal(path)
    assert "format" in why
    assert ("use a newer charrnn" in why) == (value in (2, 99, 10**15))


def test_a_later_format_is_told_before_what_is_new_in_it(path: Path) -> None:
    forge(path, {"format": 2, "weights": []}, {})
    assert refusal(path).startswith("its format is 2")


@pytest.mark.parametrize("name", ["config", "vocabulary", "arrays"])
@pytest.mark.parametrize("value", [None, 7, "x", [], [{}], REMOVED])
def test_a_part_of_another_kind_is_refused_by_name(path: Path, name: str, value: Any) -> None:
    changed(path, value, name)
    assert name in refusal(path)


def test_a_value_too_many_is_refused_by_name(path: Path) -> None:
    changed(path, 1, "evil\x1b[2J\n" + "x" * 1000)
    assert "evil\\x1b[2J\\n" in refusal(path)


HEADERS = {
    "nothing": "",
    "null": "null",
    "list": "[]",
    "text": '"format"',
    "nan": "NaN",
    "half": '{"format": 1',
    "more": '{"format": 1} {}',
    "deep": "[" * 10**6,
    "deep objects": '{"format": ' * 10**5,
    "deep config": '{"format": 1, "config": ' + "[" * 900 + "]" * 900 + "}",
    "digits": '{"format": ' + "9" * 10**6 + "}",
    "twice": '{"format": 2, "format": 1}',
    "lists": '{"format": 1, "config": [' + "[]," * MIB + "[]]}",
    "mappings": '{"format": 1, "config": [' + "{}," * MIB + "{}]}",
    "texts": '{"format": 1, "config": [' + '"ab",' * MIB + '"ab"]}',
    "numbers": '{"format": 1, "config": [' + "1e9," * MIB + "1]}",
    "keys": "{" + ",".join(f'"{n:x}":1' for n in range(MIB // 4)) + "}",
    "surrogate": '{"format": "\\ud800\\u0000\\u001b"}',
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_header_that_is_none_is_refused_cheaply(path: Path, case: str) -> None:
    forge(path, HEADERS[case], {})
    with cheaply(128 * MIB):
        refusal(path)


def test_a_header_that_is_not_utf_8_is_refused(path: Path) -> None:
    for text in (b"\xff{}", '{"format": 1}'.encode("utf-16")):
        head = preamble("|u1", (len(text),))
        path.write_bytes(zip_of([Member(b"header.npy", head + text)]))
        assert "its header cannot be read" in refusal(path)
