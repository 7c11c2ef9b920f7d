"""`read` against an oracle: every kind of part, however it is cut, whoever shares it."""

import tracemalloc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn import api
from charrnn.nn import read as reading
from charrnn.nn.model import CharModel
from charrnn.nn.read import Sequences, last_read, read, tape_for
from charrnn.nn.tape import ModelTape
from charrnn.studies.score.study import open_part
from charrnn.text import tracks
from charrnn.text.record_part import RecordPart
from charrnn.text.records import find_records
from charrnn.text.text_part import TextPart
from charrnn.training.evaluate import Evaluation
from tests.contracts.networks import EVERY_CELL, V, label, weights
from tests.reading import naive_nats
from tests.saved import save
from tests.team import together

END = 3
each_cell = pytest.mark.parametrize("cell", EVERY_CELL[::3], ids=label)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short spans, few tracks at a time and a short warm-up, so that a short text has them all."""
    sizes = {"STEPS": 4, "TOGETHER": 2, "WARM_UP": 6, "MIN_TRACK": 20}
    for name, size in sizes.items():
        monkeypatch.setattr(tracks, name, size)


def made(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(V, size=n)


def text(n: int) -> TextPart:
    return TextPart(made(n), np.arange(V))


def records(n: int) -> RecordPart:
    return RecordPart(made(n), np.arange(V), find_records(made(n), END))


def nats_of(model, p, part, **how) -> np.ndarray:
    """(T,) by place; each is read once."""
    nats = np.full(part.targets, np.nan)
    for span in read(model, p, part.streams(**how)):
        counted = span.places >= 0
        if counted.any():
            losses = model.losses(span.y, span.tape).reshape(span.y.shape)
            assert np.isnan(nats[span.places[counted]]).all()
            nats[span.places[counted]] = losses[counted]
    return nats


@each_cell
@pytest.mark.parametrize("n", [2, 5, 19, 40, 117, 200])
def test_a_text_is_read_in_tracks_that_are_warmed_up(small, cell, n: int) -> None:
    model = CharModel(V, (cell, cell), learn_initial_state=True)
    p, ids = weights(model), made(n)
    groups = text(n).streams()
    assert len(groups) == -(-max(1, (n - 1) // 20) // 2)
    expected = np.zeros(n - 1)
    for begin, start, stop in (
        each for g in groups for each in zip(g.begins, g.starts, g.stops, strict=True)
    ):
        assert begin == max(0, start - 6)
        expected[start:stop] = naive_nats(model, p, ids[begin : stop + 1])[start - begin :]
    np.testing.assert_allclose(nats_of(model, p, text(n)), expected, rtol=1e-10)


@each_cell
def test_a_text_is_read_in_one_pass_if_that_is_asked(small, cell) -> None:
    model = CharModel(V, (cell,), learn_initial_state=True)
    p = weights(model)
    nats = nats_of(model, p, text(150), exact=True)
    np.testing.assert_allclose(nats, naive_nats(model, p, made(150)), rtol=1e-10)


@each_cell
@pytest.mark.parametrize("n", [4, 30, 150])
def test_records_are_read_each_alone_and_placed_in_their_order(small, cell, n: int) -> None:
    model = CharModel(V, (cell,), learn_initial_state=True)
    p, part = weights(model), records(n)
    nats = [
        naive_nats(model, p, np.array([END, *made(n)[start : start + length], END]))
        for start, length in zip(part.records.starts, part.records.lengths, strict=True)
    ]
    np.testing.assert_allclose(nats_of(model, p, part), np.concatenate(nats), rtol=1e-10)


@pytest.mark.parametrize("n", [1, 2, 19, 20, 117, 200])
@pytest.mark.parametrize("kind", [text, records])
def test_every_character_is_read_once(small, kind, n: int) -> None:
    part = kind(n)
    times, ids = np.zeros(part.characters, int), np.zeros(part.characters, int)
    for stream in part.streams(every=True):
        assert stream.tracks <= 2
        assert stream.counted(stream.length) == sum(stream.stops - stream.starts)
        done = 0
        for span, end in zip(stream.spans(), stream.ends(), strict=True):
            assert span.x.shape == span.y.shape == span.places.shape
            assert len(span.x) <= stream.steps <= 4
            counted = span.places[span.places >= 0]
            np.add.at(times, counted, 1)
            ids[counted] = span.x[span.places >= 0]
            done += counted.size
            assert done == stream.counted(end)
    assert (times == 1).all()
    if kind is text:
        np.testing.assert_array_equal(ids, made(n))


def ids_of(part) -> list[int]:
    ids = np.full(part.characters, -1)
    for stream in part.streams(every=True):
        for span in stream.spans():
            ids[span.places[span.places >= 0]] = span.x[span.places >= 0]
    return ids.tolist()


@pytest.mark.parametrize("most", [1, 2, 7, 8, 9, 30, 117, 1000])
@pytest.mark.parametrize("kind", [text, records])
def test_a_part_that_is_cut_reads_as_much(kind, most: int) -> None:
    assert ids_of(kind(117).cut_after(most)) == ids_of(kind(117))[:most]


@pytest.mark.parametrize("most", [1, 2, 7, 8, 9, 30, 117, 1000])
def test_the_first_records_are_whole(most: int) -> None:
    part = records(117)
    some = part.first(most)
    assert ids_of(some) == ids_of(part)[: some.characters]
    assert some.size == 1 or some.characters <= most
    if some.size < part.size:
        assert some.characters + part.records.lengths[some.size] + 1 > most
    assert (some.records.lengths == part.records.lengths[: some.size]).all()


@pytest.mark.parametrize("kind", [text, records])
def test_an_evaluation_is_the_mean_and_the_same_to_the_bit_whoever_shares_it(small, kind) -> None:
    model = CharModel(V, (EVERY_CELL[0],))
    p, part = weights(model, dtype=np.float32), kind(199)

    def loss(comm) -> tuple[float, list[int]]:
        evaluation = Evaluation(model, p, part, comm=comm)
        return (done := list(evaluation)) and evaluation.loss, done

    ((alone, done),) = together(1, loss)
    assert alone == pytest.approx(nats_of(model, p, part).mean(), rel=1e-6)
    assert (done[-1], done) == (part.targets, sorted(done))
    for ranks in (2, 3):
        for loss_, done_ in together(ranks, loss):
            assert loss_ == alone
            assert (done_[-1], done_) == (part.targets, sorted(done_))


def test_streams_of_one_width_share_a_tape_and_others_do_not(small) -> None:
    model = CharModel(V, (EVERY_CELL[0],))
    reads = read(model, weights(model), text(200).streams())
    tapes = {id(span.tape.logits.base) for span in reads}
    widths = {stream.tracks for stream in text(200).streams()}
    assert len(tapes) == len(widths) == 2


def test_a_tape_is_gone_before_the_next_one_is_made(small, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of an evaluation is estimated by its largest tape."""
    model, logits = CharModel(V, (EVERY_CELL[0],)), list[weakref.ref]()

    def new_tape(*sizes: Any) -> ModelTape:
        assert [alive for array in logits if (alive := array()) is not None] == []
        tape = tape_for(*sizes)
        logits.append(weakref.ref(tape.logits.base))
        return tape

    monkeypatch.setattr(reading, "tape_for", new_tape)
    list(Evaluation(model, weights(model), text(200)))
    assert len(logits) == 2


def test_the_memory_of_reading_to_the_end_does_not_grow_with_the_length() -> None:
    model = CharModel(V, (EVERY_CELL[0],))
    p = weights(model)

    def peak(n: int) -> int:  # bytes
        sequence = Sequences(np.broadcast_to(made(n)[:, None], (n, 2)))
        tracemalloc.start()
        last_read(model, p, sequence)
        _, size = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size

    peak(200)  # what is made once
    assert peak(6400) < 2 * peak(200)


@pytest.mark.parametrize("most", [1, 4, 64])
def test_sequences_are_read_to_what_follows_them(most: int) -> None:
    model = CharModel(V, (EVERY_CELL[0],) * 2)
    p, ids = weights(model), made(44).reshape(11, 4)
    *_, last = read(model, p, [Sequences(ids[:-1], ids[-1], most)])
    assert last.places[-1].tolist() == [0, 1, 2, 3]
    assert (last.places[:-1] < 0).all()
    losses = model.losses(last.y, last.tape)[-4:]
    expected = [naive_nats(model, p, track)[-1] for track in ids.T]
    np.testing.assert_allclose(losses, expected, rtol=1e-10)


def test_reading_goes_on_from_a_state() -> None:
    model = CharModel(V, (EVERY_CELL[0],) * 2)
    p, ids = weights(model), made(30)[:, None]
    *_, first = read(model, p, [Sequences(ids[:13])])
    *_, rest = read(model, p, [Sequences(ids[13:])], start=first.state)
    *_, whole = read(model, p, [Sequences(ids)])
    np.testing.assert_allclose(rest.tape.logits[-1], whole.tape.logits[-1], rtol=1e-12)


def test_score_and_surprisal_agree_also_on_what_is_remembered_beyond_the_warm_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that forgets next to nothing, on a text of several tracks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("".join("abcd\n"[k % 5] for k in made(20_000, 1)))
    trained = api.load(
        save(Path("model.npz"), "model.cell={name: lstm, peephole: true}", "model.hidden_size=8")
    )
    trained.params.flat[...] = np.random.default_rng(2).normal(0, 0.6, trained.params.flat.shape)
    trained.params["layers.0.b"][8:16] = 9.0  # the forget gates
    part = open_part(trained, ["text.txt"])
    exact = nats_of(trained.model, trained.params, part, exact=True).mean(dtype=np.float64)
    loss = api.score(trained, ["text.txt"]).nats_per_char
    assert abs(loss - exact) > 1e-4  # or it would be no long memory
    found = api.surprisal_of(trained, ["text.txt"])
    assert found.score.nats_per_char == pytest.approx(loss, rel=1e-9)
