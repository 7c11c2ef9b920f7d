"""Records: each read alone from its beginning to its end, every one once an epoch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.text.record_batches import RecordBatches
from charrnn.text.record_part import RecordPart
from charrnn.text.records import Records, find_records, record_chunk, shuffled

END = 0


def part_of(lines: list[str]) -> RecordPart:
    """Letters as their numbers, a = 1, ..., with 0 between the lines."""
    text = [c for line in lines for c in (*(ord(c) - 96 for c in line), END)]
    ids = np.array(text, np.uint8)
    return RecordPart(ids, np.arange(27), find_records(ids, END))


def test_records_are_what_stands_between_separators() -> None:
    ids = np.array([1, 2, 0, 0, 3, 0, 4, 5, 6])
    records = find_records(ids, END)
    assert records.starts.tolist() == [0, 4, 6]
    assert records.lengths.tolist() == [2, 1, 3]
    part = RecordPart(ids, np.arange(7), records)
    assert part.characters == part.targets == 6 + 3
    assert part.sequence(100).tolist() == [1, 2, 0, 3, 0, 4, 5, 6, 0]


def test_a_chunk_begins_with_the_separator_and_ends_by_predicting_it() -> None:
    part = part_of(["ab", "cde"])
    ids = record_chunk(part, part.records, np.array([0, 1, -1]), 0, 4)
    assert ids.T.tolist() == [[0, 1, 2, 0, 0], [0, 3, 4, 5, 0], [0, 0, 0, 0, 0]]
    later = record_chunk(part, part.records, np.array([0, 1, -1]), 2, 4)
    np.testing.assert_array_equal(later, ids[2:])


def test_targets_beyond_a_record_do_not_count() -> None:
    part = part_of(["ab", "cde"])
    chunk = RecordBatches(part, part.records, 3, 9, seed=1).chunk(0)
    lengths = [1 + y.tolist().index(END) if y.any() else 0 for y in chunk.y.T]
    assert sorted(lengths) == [0, 3, 4]
    assert chunk.weights.sum(axis=0).tolist() == lengths
    assert (np.diff(chunk.weights, axis=0) <= 0).all()


@given(
    st.lists(st.text("abcdefg", min_size=1, max_size=9), min_size=1, max_size=30),
    st.integers(1, 7),
    st.integers(1, 6),
)
def test_an_epoch_predicts_every_record_once_and_whole(lines: list[str], B: int, T: int) -> None:
    part = part_of(lines)
    batches = RecordBatches(part, part.records, B, T, seed=1)
    for epoch in range(2):
        found: list[str] = []
        reading = [""] * B
        for step in range(epoch * batches.chunks, (epoch + 1) * batches.chunks):
            chunk = batches.chunk(step)
            assert len(chunk.x) <= batches.longest <= T
            assert chunk.carried == batches.carried(step)
            assert chunk.weights is not None
            assert chunk.targets == chunk.weights.sum()
            if not chunk.carried:
                reading = [""] * B
            for b in range(B):
                for x, y, counts in zip(
                    chunk.x[:, b], chunk.y[:, b], chunk.weights[:, b], strict=True
                ):
                    if not counts:
                        continue
                    assert x == (ord(reading[b][-1]) - 96 if reading[b] else END)
                    if y == END:
                        found.append(reading[b])
                    else:
                        reading[b] += chr(y + 96)
        assert sorted(found) == sorted(lines)


def test_workers_share_the_columns() -> None:
    part = part_of(["ab", "c", "defg", "hi", "j"])
    batches = RecordBatches(part, part.records, 3, 3, seed=2)
    for step in range(batches.chunks):
        whole = batches.chunk(step)
        left, right = (batches.chunk(step, tracks) for tracks in (range(1), range(1, 3)))
        np.testing.assert_array_equal(np.hstack([left.x, right.x]), whole.x)
        np.testing.assert_array_equal(np.hstack([left.weights, right.weights]), whole.weights)
        assert left.targets == right.targets == whole.targets


def test_the_order_is_another_in_every_epoch_and_belongs_to_the_seed() -> None:
    part = part_of([a + b for a in "abcdef" for b in "abcdef"])

    def epoch(k: int, seed: int) -> list[list[int]]:
        batches = RecordBatches(part, part.records, 4, 8, seed)
        steps = range(k * batches.chunks, (k + 1) * batches.chunks)
        return [batches.chunk(step).y.ravel().tolist() for step in steps]

    assert epoch(0, 1) == epoch(0, 1)
    assert epoch(0, 1) != epoch(1, 1)
    assert epoch(0, 1) != epoch(0, 2)
    assert shuffled(20, 1).tolist() != shuffled(20, 2).tolist()


def test_chosen_records_keep_their_separator() -> None:
    records = Records(np.array([0, 3, 5]), np.array([2, 1, 4]), 9)
    assert records.chosen(np.array([2, 0])).starts.tolist() == [5, 0]
    assert records.chosen(np.array([1])).separator == 9


@pytest.mark.parametrize("separator", [END, 26])
def test_a_text_without_separators_is_one_record(separator: int) -> None:
    ids = np.array([1, 2, 3])
    assert find_records(ids, separator).lengths.tolist() == [3]
