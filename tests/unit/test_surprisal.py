"""Surprisal against the oracle: every cell and option, one text and records, chunk by chunk."""

import numpy as np
import pytest

from charrnn.nn.model import CharModel
from charrnn.studies.surprisal.bootstrap import interval_of_mean, of_usual_length, sums_from
from charrnn.studies.surprisal.difference import compared
from charrnn.studies.surprisal.maths import Reading, best_of_, entropy_of, rank_of
from charrnn.text import tracks
from charrnn.text.record_part import RecordPart
from charrnn.text.records import find_records
from charrnn.text.text_part import TextPart
from tests import expectations, naive
from tests.contracts.networks import EVERY_CELL, NOISES, E, V, label, weights
from tests.reading import loss_of

OPTIONS = [
    {},
    {"embedding_size": E},
    {"embedding_size": 4, "tied": True},
    {"learn_initial_state": True, "label_smoothing": 0.1, "dropout": NOISES["all"]},
]


def naive_predictions(model, p, ids):
    """The distribution (T, V) after each character but the last, by the oracle.

    With the loss of one target alone the gradient of the head's bias is softmax - one-hot. Where
    training holds units by zoneout, reading holds that share of each (Krueger et al. 2017).
    """
    found, held = [], np.full((len(ids), 1, model.cells[0].hidden_size), model.dropout.zoneout)
    states = [[held] * len(cell.states) for cell in model.cells]
    masks = naive.Masks([None] * len(model.cells), held=states)
    for t in range(len(ids) - 1):
        x, y = ids[: t + 1, None], ids[1 : t + 2, None]
        counting = naive.Counting(skip=t)
        _, g, _ = naive.loss_and_grads(model, dict(p), x, y, None, masks, counting)
        found.append(g["head.by"] + np.eye(V)[ids[t + 1]])
    return np.array(found)


def read(model, p, part):
    reading = Reading(model, p, part)
    steps = list(reading)
    assert steps[-1] == part.targets
    assert steps == sorted(steps)
    return reading.expectations


def check(found, predictions, y):
    """Every figure of `found`, from distributions (T, V) and what came (T,), by its definition."""
    T = len(y)
    np.testing.assert_array_equal(found.ids, y)
    np.testing.assert_allclose(found.nats, -np.log(predictions[np.arange(T), y]), 0, 1e-12)
    entropies = [-sum(q * np.log(q) for q in row) for row in predictions]
    np.testing.assert_allclose(found.entropies, entropies, 0, 1e-12)
    for t in range(T):
        order = sorted(range(V), key=lambda v: -predictions[t, v])
        assert found.ranks[t] == order.index(y[t]) + 1
        assert found.guesses[t].tolist() == order[:5]
        np.testing.assert_allclose(found.chances[t], predictions[t, order[:5]], 0, 1e-12)


def network(cell, layers=2, **options) -> CharModel:
    return CharModel(V, (cell,) * layers, **options)


@pytest.mark.parametrize("cell", EVERY_CELL, ids=label)
def test_a_text_is_one_sequence_whatever_its_chunks(cell, monkeypatch) -> None:
    monkeypatch.setattr(tracks, "STEPS", 4)
    model = network(cell)
    p, ids = weights(model), np.random.default_rng(1).integers(V, size=11)
    found = read(model, p, TextPart(ids, np.arange(V)))
    check(found, naive_predictions(model, p, ids), ids[1:])


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("cell", EVERY_CELL[::7], ids=label)
def test_every_option_of_a_network(cell, options) -> None:
    model = network(cell, **options)
    p, ids = weights(model), np.random.default_rng(2).integers(V, size=8)
    found = read(model, p, TextPart(ids, np.arange(V)))
    check(found, naive_predictions(model, p, ids), ids[1:])


def test_records_are_read_each_alone_and_told_in_their_order(monkeypatch) -> None:
    monkeypatch.setattr(tracks, "STEPS", 3)
    monkeypatch.setattr(tracks, "TOGETHER", 2)
    model = network(EVERY_CELL[0], layers=1, learn_initial_state=True)
    p, end = weights(model), 6
    texts = [[1, 2, 3, 4, 5], [2], [3, 1, 1, 0], [5, 5]]
    ids = np.array([k for text in texts for k in (*text, end)])
    found = read(model, p, RecordPart(ids, np.arange(V), find_records(ids, end)))
    whole = [np.array([end, *text, end]) for text in texts]
    predictions = np.concatenate([naive_predictions(model, p, one) for one in whole])
    check(found, predictions, np.concatenate([one[1:] for one in whole]))


@pytest.mark.parametrize("separator", [None, 3])
def test_its_mean_is_the_loss_of_an_evaluation(separator) -> None:
    """Which reads a long text as tracks that are warmed up: this one has four."""
    model = network(EVERY_CELL[3])
    p, ids = weights(model), np.random.default_rng(3).integers(V, size=9000)
    part = (
        TextPart(ids, np.arange(V))
        if separator is None
        else RecordPart(ids, np.arange(V), find_records(ids, separator))
    )
    assert read(model, p, part).nats.mean() == pytest.approx(loss_of(model, p, part), rel=1e-9)


def test_ranks_entropies_and_guesses_where_numbers_are_equal_or_zero() -> None:
    p = np.array([[0.25, 0.25, 0.5, 0.0], [0.0, 0.0, 0.0, 1.0], [0.25, 0.25, 0.25, 0.25]])
    assert rank_of(p, np.array([1, 0, 3])).tolist() == [2, 2, 1]
    np.testing.assert_allclose(entropy_of(p), [1.5 * np.log(2), 0.0, 2 * np.log(2)])
    assert not np.signbit(entropy_of(p)).any()
    ids, values = best_of_(p, 3)
    assert ids.tolist() == [[2, 0, 1], [3, 0, 1], [0, 1, 2]]
    assert values.tolist() == [[0.5, 0.25, 0.25], [1.0, 0.0, 0.0], [0.25, 0.25, 0.25]]


def test_lines_and_symbols_add_up_to_the_whole() -> None:
    found = expectations.surprisal(list(b"one line\n\nanother line\nx\nthe last"))
    total = found.nats.sum()
    sums = sums_from(found.nats, found.text.starts)
    assert sums.sum() == pytest.approx(total)
    assert [found.text.line(k) for k in range(5)] == [
        "one line",
        "",
        "another line",
        "x",
        "the last",
    ]
    symbols = found.symbols()
    assert sum(one.share for one in symbols) == pytest.approx(1)
    assert [one.share for one in symbols] == sorted((one.share for one in symbols), reverse=True)
    n = next(one for one in symbols if one.symbol == ord("n"))
    counted = found.text.symbols == ord("n")
    assert (n.name, n.count) == ("'n'", counted.sum())
    assert n.bits == pytest.approx(found.nats[counted].mean() / np.log(2))
    lines = found.lines()
    assert {one.number for one in lines} == {1, 3, 5}  # blank lines and "x" are no lines to rank
    assert [one.nats_per_char for one in lines] == sorted(
        (o.nats_per_char for o in lines), reverse=True
    )
    assert found.lines(2) == lines[:2]
    third = next(one for one in lines if one.number == 3)
    assert (third.start, third.characters, third.text) == (9, 13, "another line")
    assert third.nats_per_char == pytest.approx(found.nats[9:22].mean())


def test_lines_of_usual_length() -> None:
    assert of_usual_length(np.array([1, 1, 4, 5, 8, 12])).tolist() == [*[False] * 2, *[True] * 4]
    assert of_usual_length(np.array([1, 1])).tolist() == [True, True]
    assert of_usual_length(np.array([9])).tolist() == [True]


def test_an_interval_holds_the_mean_of_the_source_as_often_as_it_says() -> None:
    """Lines of a source with a known mean: 95 of 100 intervals hold it, give or take chance."""
    rng, held = np.random.default_rng(4), 0
    for _ in range(100):
        counts = rng.integers(5, 60, size=200).astype(float)
        sums = 0.3 * counts + rng.normal(0, 2, 200) * np.sqrt(counts)
        low, high = interval_of_mean(sums, counts)
        assert low < sums.sum() / counts.sum() < high
        held += low <= 0.3 <= high
    assert 88 <= held <= 100
    assert interval_of_mean(sums, counts) == (low, high)  # the same at every call
    assert interval_of_mean(sums[:9], counts[:9]) is None


@pytest.mark.parametrize("alike", [0.0, 0.3, 0.6])
def test_neighbours_that_are_alike_make_the_interval_wider(alike: float) -> None:
    """Of an autoregressive source, whose mean is 0; lines drawn singly hold it in 68 % at 0.6."""
    rng, held = np.random.default_rng(5), 0
    for _ in range(60):
        sums = rng.normal(0, 1, 1500)
        for k in range(1, 1500):
            sums[k] += alike * sums[k - 1]
        low, high = interval_of_mean(sums, np.ones(1500))
        held += low <= 0 <= high
    assert 50 <= held <= 60


def test_a_difference_is_that_of_the_two_and_leaves_out_what_one_does_not_know() -> None:
    symbols = list(b"some lines\nof a text\n" * 8)
    a, b = (expectations.surprisal(symbols, seed=seed) for seed in (1, 2))
    found = compared(a, b)
    np.testing.assert_allclose(found.nats, a.nats - b.nats)
    assert found.nats_per_char == pytest.approx(a.nats.mean() - b.nats.mean())
    low, high = found.interval
    assert low < found.nats_per_char < high
    assert sum(one.share for one in found.symbols()) == pytest.approx(found.bits_per_char)
    assert [one.share for one in found.symbols()] == sorted(one.share for one in found.symbols())
    for sign in (-1, 1):
        means = [sign * one.nats_per_char for one in found.better(sign)]
        assert means == sorted(means, reverse=True)
        assert min(means, default=1) > 0
    assert len(found.better(-1)) + len(found.better(1)) == 16

    a.ids[5:9] = a.vocabulary.unk
    found = compared(a, b)
    assert found.characters == len(symbols) - 1 - 4
    rest = np.delete(a.nats - b.nats, range(5, 9))
    assert found.nats_per_char == pytest.approx(rest.mean())
    assert found.means() == pytest.approx([np.delete(o.nats, range(5, 9)).mean() for o in (a, b)])
    assert "4 characters that one of them does not know are left out" in found.verdict


def test_what_may_be_chance_is_said_to_be() -> None:
    symbols = list(b"some lines\nof a text\n" * 8)
    a, b = (expectations.surprisal(symbols, seed=seed) for seed in (1, 2))
    b.nats[:] = a.nats + 0.01 * (-1.0) ** np.arange(len(a.nats)) * (
        1 + np.sin(np.arange(len(a.nats)))
    )
    found = compared(a, b)
    low, high = found.interval
    assert low < 0 < high
    assert "; this may be chance" in found.verdict
    b.nats[:] = a.nats + 1
    assert "chance" not in compared(a, b).verdict


def test_the_mean_of_a_line_is_over_what_is_counted() -> None:
    symbols = list(b"some lines\nof a text\n" * 8)
    a, b = (expectations.surprisal(symbols, seed=seed) for seed in (1, 2))
    b.nats[:] = a.nats + 0.5
    a.ids[3:6] = a.vocabulary.unk
    assert [one.nats_per_char for one in compared(a, b).better(-1)] == pytest.approx([-0.5] * 16)


def test_a_line_of_which_little_is_counted_is_not_ranked() -> None:
    symbols = list(b"some lines\nof a text\n" * 8)
    a, b = (expectations.surprisal(symbols, seed=seed) for seed in (1, 2))
    b.nats[:] = a.nats + 0.5
    a.ids[:8] = a.vocabulary.unk
    assert len(compared(a, b).better(-1)) == 15


def test_a_model_against_itself() -> None:
    one = expectations.surprisal(list(b"ab\n" * 20))
    found = compared(one, one)
    assert found.interval == (0.0, 0.0)
    assert found.verdict.startswith("A and B are equally good")
    assert found.better(1) == found.better(-1) == []
