"""What every cell in CELLS keeps, whatever it computes."""

import numpy as np
import pytest

from charrnn.nn.chunk import Chunk
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.model import CharModel
from charrnn.nn.unroll import unroll, unroll_back
from tests import naive
from tests.contracts.networks import (
    EVERY_CELL,
    FLOAT64,
    NOISES,
    B,
    H,
    T,
    V,
    chunk,
    label,
    masks_of,
    noise,
    random_state,
    weights,
)
from tests.grid import each_pair

DROPOUT = DropoutRates(hidden=0.3, output=0.3)
each_cell = pytest.mark.parametrize("cell", EVERY_CELL, ids=label)


def arrays_of(thing) -> list[np.ndarray]:
    """Every array of floats that a tape holds, however deep."""
    if isinstance(thing, np.ndarray):
        return [thing] if thing.dtype.kind == "f" else []
    if isinstance(thing, tuple):
        return [array for part in thing for array in arrays_of(part)]
    inside = vars(thing) if hasattr(thing, "__dict__") and not callable(thing) else {}
    return [array for k, part in inside.items() if k != "zero" for array in arrays_of(part)]


def forward(model, p, x, state=None, steps=None):
    tape = model.tape(steps or len(x), x.shape[1], p.flat.dtype).first(len(x))
    model.prepare(p, tape)
    last = model.forward(p, x, state or model.initial_state(p, x.shape[1]), tape)
    return tape, last


@each_cell
@each_pair(
    "layers, embedding, learned, kind",
    [1, 2, 3],
    ["one-hot", "embedded", "tied"],
    [False, True],
    ["quiet", "all"],
)
def test_loss_gradients_and_state_are_the_oracles(
    cell, layers: int, embedding: str, learned: bool, kind: str
) -> None:
    size = {"one-hot": 0, "embedded": 3, "tied": H}[embedding]
    model = CharModel(V, (cell,) * layers, size, embedding == "tied", NOISES[kind], learned)
    p, (x, y) = weights(model), chunk()
    g, tape = p.like(), model.tape(T, B, FLOAT64)
    g.flat[...] = np.nan
    loss, last = model.loss_and_grads(p, g, Chunk(x, y), None, tape, noise)
    masks = masks_of(model, tape)
    expected, grads, states = naive.loss_and_grads(model, p, x, y, masks=masks)
    assert loss == pytest.approx(expected, rel=1e-12)
    for name in p:
        np.testing.assert_allclose(g[name], grads[name], rtol=1e-9, atol=1e-13, err_msg=name)
    for ours, theirs in zip(last, states[-1], strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


@each_cell
def test_a_carried_state_is_where_the_oracle_starts_from_too(cell) -> None:
    model = CharModel(V, (cell, cell), learn_initial_state=True)
    p, (x, y) = weights(model), chunk()
    state = (random_state(cell, 1), random_state(cell, 2))
    g = p.like()
    loss, _ = model.loss_and_grads(p, g, Chunk(x, y), state, model.tape(T, B, FLOAT64))
    expected, grads, _ = naive.loss_and_grads(model, p, x, y, state)
    assert loss == pytest.approx(expected, rel=1e-12)
    for name in p:
        np.testing.assert_allclose(g[name], grads[name], rtol=1e-10, atol=1e-14, err_msg=name)
    assert not g["layers.0.h0"].any()


@each_cell
def test_three_carried_chunks_are_one_long_sequence(cell) -> None:
    model = CharModel(V, (cell, cell))
    p, (x, _) = weights(model), chunk(steps=3 * T)
    whole, end = forward(model, p, x)
    state, logits = None, []
    for k in range(3):
        tape, state = forward(model, p, x[k * T : (k + 1) * T], state)
        logits.append(tape.logits)
    np.testing.assert_allclose(np.concatenate(logits), whole.logits, rtol=1e-12)
    for a, b in zip(state, end, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@each_cell
def test_the_last_state_of_a_tape_may_be_the_next_ones_first(cell) -> None:
    model = CharModel(V, (cell,))
    p, (x, _) = weights(model), chunk()
    tape, state = forward(model, p, x)
    kept = tuple(tuple(a.copy() for a in layer) for layer in state)
    _, expected = forward(model, p, x, kept)
    for a, b in zip(model.forward(p, x, state, tape)[0], expected[0], strict=True):
        np.testing.assert_array_equal(a, b)


@each_cell
def test_the_gradients_of_both_ends_of_the_state(cell) -> None:
    """Loss = <h_1..h_T, a> + <last state, d>; its slope along a random incoming state."""
    rng = np.random.default_rng(3)
    w = {k: rng.normal(0.0, 0.5, s) for k, s in cell.shapes().items()}
    z = rng.normal(size=(T, B, len(cell.gates) * H))
    a = rng.normal(size=(T, B, H))
    d, state, v = random_state(cell, 1), random_state(cell, 2), random_state(cell, 3)
    tape = cell.tape(T, B, FLOAT64)

    cell.prepare(w, tape)

    def loss(along: float) -> float:
        tape.z[...] = z
        moved = tuple(s + along * u for s, u in zip(state, v, strict=True))
        last = unroll(cell, w, moved, tape)
        return float(
            (tape.h[1:] * a).sum() + sum((x * y).sum() for x, y in zip(last, d, strict=True))
        )

    step = 1e-5
    numeric = (loss(step) - loss(-step)) / (2 * step)
    loss(0.0)
    g = {k: np.empty(s) for k, s in cell.shapes().items()}
    dstate = unroll_back(cell, w, a, tape, g, d)
    analytic = sum(float((x * y).sum()) for x, y in zip(dstate, v, strict=True))
    assert analytic == pytest.approx(numeric, rel=1e-7)


@each_cell
def test_a_cell_alone_is_the_oracles_entry_by_entry_with_a_gradient_at_its_last_state(cell) -> None:
    rng = np.random.default_rng(4)
    w = {k: rng.normal(0.0, 0.5, s) for k, s in cell.shapes().items()}
    z, dh = rng.normal(size=(T, B, len(cell.gates) * H)), rng.normal(size=(T, B, H))
    start, dlast = random_state(cell, 1), random_state(cell, 2)
    tape = cell.tape(T, B, FLOAT64)
    tape.z[...] = z
    g = {k: np.full(s, np.nan) for k, s in cell.shapes().items()}
    cell.prepare(w, tape)
    last = unroll(cell, w, start, tape)
    h = tape.h[1:].copy()
    dstart = unroll_back(cell, w, dh, tape, g, dlast)

    oracle, grads = naive.cell_for(cell), {k: np.zeros_like(a) for k, a in w.items()}
    for b in range(B):
        state, caches = tuple(a[b] for a in start), []
        for t in range(T):
            state, cache = oracle.step(w, z[t, b], state)
            caches.append(cache)
            np.testing.assert_allclose(h[t, b], state[0], rtol=1e-12, atol=1e-14)
        dstate = tuple(a[b] for a in dlast)
        for t in reversed(range(T)):
            dz, dstate = oracle.back(w, grads, (dstate[0] + dh[t, b], *dstate[1:]), caches[t])
            np.testing.assert_allclose(tape.z[t, b], dz, rtol=1e-12, atol=1e-14)
        for ours, theirs in zip((*last, *dstart), (*state, *dstate), strict=True):
            np.testing.assert_allclose(ours[b], theirs, rtol=1e-12, atol=1e-14)
    for name in w.keys() - {"b"}:  # b belongs to the projection below
        np.testing.assert_allclose(g[name], grads[name], rtol=1e-12, atol=1e-14, err_msg=name)


@each_cell
def test_nothing_is_read_from_a_tape_that_was_not_written_for_this_chunk(cell) -> None:
    model = CharModel(V, (cell, cell), 3, dropout=DROPOUT)
    p, (x, y) = weights(model), chunk()
    results = []
    for stale in (0.0, np.nan):
        g, tape = p.like(), model.tape(T, B, FLOAT64)
        for array in arrays_of(tape):
            array[...] = stale
        loss, _ = model.loss_and_grads(p, g, Chunk(x, y), None, tape, noise)
        results.append((loss, g.flat))
    assert results[0][0] == results[1][0]
    np.testing.assert_array_equal(results[0][1], results[1][1])


@each_cell
def test_a_shorter_chunk_uses_a_part_of_the_tape(cell) -> None:
    model = CharModel(V, (cell, cell), dropout=DROPOUT)
    p, (x, y) = weights(model), chunk(steps=3)
    results = []
    for capacity in (3, 8):
        g = p.like()
        tape = model.tape(capacity, B, FLOAT64).first(3)
        loss, _ = model.loss_and_grads(p, g, Chunk(x, y), None, tape, noise)
        results.append((loss, g.flat))
    assert results[0][0] == results[1][0]
    np.testing.assert_array_equal(results[0][1], results[1][1])


@each_cell
def test_a_tape_may_be_used_again(cell) -> None:
    model = CharModel(V, (cell, cell))
    p, (x, y) = weights(model), chunk()
    g, again, tape = p.like(), p.like(), model.tape(T, B, FLOAT64)
    model.loss_and_grads(p, g, Chunk(x, y), None, tape)
    model.loss_and_grads(p, again, Chunk(y, x), None, tape)
    model.loss_and_grads(p, again, Chunk(x, y), None, tape)
    np.testing.assert_array_equal(g.flat, again.flat)


@each_cell
def test_float32_stays_float32_and_close(cell) -> None:
    model = CharModel(V, (cell, cell), learn_initial_state=True, dropout=DROPOUT)
    x, y = chunk()
    p64, p32 = weights(model), weights(model, dtype=np.float32)
    assert p32.flat.dtype == np.float32
    tape, last = forward(model, p32, x)
    exact, _ = forward(model, p64, x)
    assert all(a.dtype == np.float32 for layer in last for a in layer)
    np.testing.assert_allclose(tape.logits, exact.logits, rtol=1e-4, atol=1e-5)
    g32, g64 = p32.like(), p64.like()
    model.loss_and_grads(p32, g32, Chunk(x, y), None, model.tape(T, B, p32.flat.dtype))
    model.loss_and_grads(p64, g64, Chunk(x, y), None, model.tape(T, B, FLOAT64))
    assert g32.flat.dtype == np.float32
    np.testing.assert_allclose(g32.flat, g64.flat, rtol=1e-4, atol=1e-5)


@each_cell
def test_a_track_does_not_see_the_others(cell) -> None:
    model = CharModel(V, (cell, cell))
    p, (x, _) = weights(model), chunk(tracks=6)
    together, _ = forward(model, p, x)
    for b in range(6):
        alone, _ = forward(model, p, x[:, b : b + 1])
        np.testing.assert_allclose(alone.logits[:, 0], together.logits[:, b], rtol=1e-10)


@each_cell
def test_without_noise_there_is_no_dropout(cell) -> None:
    x, y = chunk()
    plain, noisy = (
        CharModel(V, (cell, cell)),
        CharModel(V, (cell, cell), dropout=NOISES["all but zoneout"]),
    )
    p = weights(plain)
    g, h = p.like(), p.like()
    a, _ = plain.loss_and_grads(p, g, Chunk(x, y), None, plain.tape(T, B, FLOAT64))
    b, _ = noisy.loss_and_grads(p, h, Chunk(x, y), None, noisy.tape(T, B, FLOAT64))
    assert a == b
    np.testing.assert_array_equal(g.flat, h.flat)


@each_cell
@pytest.mark.parametrize(("steps", "tracks", "size"), [(5, 3, 4), (1, 1, 1), (8, 2, 16)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_memory_of_a_tape_is_what_its_docstring_says(
    cell, steps: int, tracks: int, size: int, dtype
) -> None:
    sized = type(cell)(size, **{k: v for k, v in vars(cell).items() if k != "hidden_size"})
    tape = sized.tape(steps, tracks, np.dtype(dtype))
    formulas = [tape.memory, *([tape.norm_memory] if cell.layer_norm else [])]
    assert all(formula in type(tape).__doc__ for formula in formulas)
    numbers = sum(eval(f, {"T": steps, "B": tracks, "H": size}) for f in formulas)
    assert tape.nbytes == numbers * np.dtype(dtype).itemsize


@each_cell
def test_a_tape_names_its_arrays_over_time(cell) -> None:
    """Those, and no others, have T or T+1 rows: T is a number that is no other size."""
    steps = 37
    tape = cell.tape(steps, B, FLOAT64, rates=NOISES["all"])
    arrays = {k: a for k, a in vars(tape).items() if isinstance(a, np.ndarray)}
    assert {k for k, a in arrays.items() if len(a) in (steps, steps + 1)} == set(tape.over_time)
    shorter = tape.first(2)
    for name in tape.over_time:
        part, whole = getattr(shorter, name), arrays[name]
        assert len(part) == len(whole) - steps + 2
        assert np.shares_memory(part, whole)
    assert [len(state) for state in shorter.raw] == [2] * len(cell.states)


@each_cell
def test_a_step_is_a_function_of_t_and_the_tape(cell) -> None:
    """Steps count nothing: one that is taken twice, or after a later one, is what it was."""
    rng = np.random.default_rng(6)
    w = {k: rng.normal(0.0, 0.5, s) for k, s in cell.shapes().items()}
    tape = cell.tape(T, B, FLOAT64, rates=NOISES["recurrent"])
    tape.z[...] = rng.normal(size=tape.z.shape)
    cell.prepare(w, tape, rng.integers(2, size=(B, H)).astype(float))
    unroll(cell, w, random_state(cell), tape)
    before = [state.copy() for state in tape.states]
    step = cell.stepper(w, tape)
    for t in (T - 1, 1, 1, 0):
        step(t)
    for state, was in zip(tape.states, before, strict=True):
        np.testing.assert_array_equal(state, was)


@each_cell
def test_without_zoneout_a_step_writes_the_state_itself(cell) -> None:
    tape = cell.tape(T, B, FLOAT64)
    assert all(map(np.shares_memory, tape.computed, tape.states))
    apart = cell.tape(T, B, FLOAT64, rates=NOISES["zoneout"])
    assert not any(map(np.shares_memory, apart.computed, apart.states))
    extra = T * B * H * len(cell.states) * FLOAT64.itemsize
    assert apart.nbytes == tape.nbytes + extra


@each_cell
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_the_memory_of_a_models_tape_is_what_its_docstring_says(cell, dropout: float) -> None:
    model = CharModel(V, (cell, cell), dropout=DropoutRates(hidden=dropout, output=dropout))
    G, N = len(cell.gates), (model.tape(T, B, FLOAT64).nbytes - V * T * B) // 8
    own = 2 * V * G * H + V * T * B + T * B * (V + 3) + T * B * H
    own += 2 * 2 * T * B * H if dropout else 0
    own += 2 * (V + T * B) * (G * H + 1) if cell.layer_norm else 0
    assert own + 2 * cell.tape(T, B, FLOAT64).nbytes // 8 == N


@each_cell
def test_the_cross_entropy_of_the_logits_is_the_loss(cell) -> None:
    model = CharModel(V, (cell,))
    p, (x, y) = weights(model), chunk()
    tape, _ = forward(model, p, x)
    mean = model.losses(y, tape).mean()
    loss, _ = model.loss_and_grads(p, p.like(), Chunk(x, y), None, tape)
    assert loss == pytest.approx(mean, rel=1e-14)
