"""The model as a whole: what adds up over workers, what is drawn apart, what is left alone."""

import numpy as np
import pytest

from charrnn.nn.cells import Gru, Lstm
from charrnn.nn.chunk import Chunk
from charrnn.nn.initializers import Default
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.model import CharModel
from tests.contracts.networks import FLOAT64, B, H, T, V, chunk, noise, random_state, weights


@pytest.mark.parametrize("learned", [False, True])
def test_the_tracks_of_two_workers_add_up_to_the_whole_chunk(learned: bool) -> None:
    model = CharModel(V, (Gru(H), Gru(H)), H, tied=True, learn_initial_state=learned)
    p, (x, y) = weights(model), chunk()
    whole = p.like()
    loss, _ = model.loss_and_grads(p, whole, Chunk(x, y), None, model.tape(T, B, FLOAT64))
    total, losses = p.like(), []
    for tracks in (slice(0, 1), slice(1, B)):
        g, shard = p.like(), Chunk(x[:, tracks], y[:, tracks], targets=y.size)
        tape = model.tape(T, shard.x.shape[1], FLOAT64)
        losses.append(model.loss_and_grads(p, g, shard, None, tape)[0])
        total.flat += g.flat
    assert sum(losses) == pytest.approx(loss, rel=1e-13)
    np.testing.assert_allclose(total.flat, whole.flat, rtol=1e-11, atol=1e-15)


def test_every_layer_has_a_dropout_of_its_own() -> None:
    model = CharModel(V, (Lstm(H),) * 3, dropout=DropoutRates(hidden=0.5, output=0.5))
    p, (x, y) = weights(model), chunk()
    tape = model.tape(T, B, FLOAT64)
    model.loss_and_grads(p, p.like(), Chunk(x, y), None, tape, noise)
    for k, block in enumerate(tape.stack.blocks):
        drawn = np.empty((T, B, H))
        noise.over_time_("dropout", k, drawn, np.empty_like(drawn))
        np.testing.assert_array_equal(block.mask != 0.0, drawn >= 0.5)
    assert len({block.mask.tobytes() for block in tape.stack.blocks}) == 3


def test_no_two_matrices_of_a_fresh_network_start_alike() -> None:
    """Where two have one shape, as here all upper layers have, and embedding and head by size."""
    model = CharModel(6, (Lstm(6),) * 3, embedding_size=6)
    p = model.init(1, Default(), FLOAT64)
    blocks = [
        block.tobytes()
        for w in p.values()
        if w.ndim > 1
        for block in np.split(w, w.shape[1] // 6, axis=1)
    ]
    assert len(blocks) == 1 + 3 * 8 + 1
    assert len(set(blocks)) == len(blocks)


def test_every_matrix_of_a_fresh_network_hangs_on_the_seed() -> None:
    model = CharModel(6, (Gru(6),) * 2, embedding_size=6)
    one, same, other = (model.init(seed, Default(), FLOAT64) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.flat, same.flat)
    for name, w in one.items():
        assert (w.ndim == 1) == np.array_equal(w, other[name]), name


def test_the_head_is_drawn_alike_whatever_the_layers_are() -> None:
    networks = [CharModel(7, cells) for cells in ((Lstm(4),), (Gru(4),) * 3)]
    lstm, gru = (model.init(1, Default(), FLOAT64) for model in networks)
    np.testing.assert_array_equal(lstm["head.Wy"], gru["head.Wy"])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
def test_characters_may_be_integers_of_any_type(dtype: type) -> None:
    model = CharModel(V, (Lstm(H),))
    p, (x, y) = weights(model), chunk()
    g, narrow = p.like(), p.like()
    loss, _ = model.loss_and_grads(p, g, Chunk(x, y), None, model.tape(T, B, FLOAT64))
    ids = Chunk(x.astype(dtype), y.astype(dtype))
    assert loss == model.loss_and_grads(p, narrow, ids, None, model.tape(T, B, FLOAT64))[0]
    np.testing.assert_array_equal(g.flat, narrow.flat)


def test_weights_characters_and_the_incoming_state_are_only_read() -> None:
    model = CharModel(
        V, (Lstm(H), Lstm(H)), H, tied=True, dropout=DropoutRates(hidden=0.4, output=0.4)
    )
    p, (x, y) = weights(model), chunk()
    state = tuple(random_state(cell, k) for k, cell in enumerate(model.cells))
    arrays = [p.flat, x, y, *(a for layer in state for a in layer)]
    before = [a.copy() for a in arrays]
    model.loss_and_grads(p, p.like(), Chunk(x, y), state, model.tape(T, B, FLOAT64), noise)
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_names_and_shapes_of_everything_at_once_in_the_order_of_the_forward_pass() -> None:
    model = CharModel(7, (Gru(4, reset="after"),) * 2, embedding_size=3, learn_initial_state=True)
    assert list(model.shapes().items()) == [
        ("embedding", (7, 3)),
        ("layers.0.Wx", (3, 12)),
        ("layers.0.Wh", (4, 12)),
        ("layers.0.b", (12,)),
        ("layers.0.bh", (4,)),
        ("layers.0.h0", (4,)),
        ("layers.1.Wx", (4, 12)),
        ("layers.1.Wh", (4, 12)),
        ("layers.1.b", (12,)),
        ("layers.1.bh", (4,)),
        ("layers.1.h0", (4,)),
        ("head.Wy", (4, 7)),
        ("head.by", (7,)),
    ]
