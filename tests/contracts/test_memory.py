"""Once a run is under way, a step asks for no memory: everything has its place on the tape."""

import tracemalloc

import numpy as np
import pytest

from charrnn.nn.chunk import Chunk
from charrnn.nn.initializers import Default
from charrnn.nn.kernels import KERNELS, installed
from charrnn.nn.layers.noise import DropoutRates, NoiseKey
from charrnn.nn.model import CharModel
from charrnn.optim import OPTIMIZERS, clip_, new_scratch, new_slots, step_
from tests.contracts.networks import EVERY_CELL, label

V, T, B, H = 80, 30, 32, 128
NUMPYS_OWN = 3 * 8192 * 8  # an operation that broadcasts has up to three buffers of 8192 numbers


@pytest.mark.parametrize("name", installed())
@pytest.mark.parametrize("cell", EVERY_CELL, ids=label)
def test_a_step_allocates_nothing_that_grows_with_anything(name: str, cell) -> None:
    """What remains, views and random generators and NumPy's buffers, is of one size for all."""
    sized = type(cell)(H, **{k: v for k, v in vars(cell).items() if k != "hidden_size"})
    model = CharModel(
        V, (sized, sized), 8, dropout=DropoutRates(hidden=0.2, output=0.2), learn_initial_state=True
    )
    p = model.init(1, Default(), np.dtype(np.float32))
    rule, g = OPTIMIZERS["adam"](), p.like()
    slots, scratch = new_slots(rule, p), new_scratch(p)
    tape = model.tape(T, B, p.flat.dtype, KERNELS[name]())
    ids = np.random.default_rng(0).integers(V, size=(T + 1, B))
    state = model.initial_state(p, B)

    def step(t: int) -> None:
        nonlocal state
        noise = NoiseKey(1, t)
        _, state = model.loss_and_grads(p, g, Chunk(ids[:-1], ids[1:]), state, tape, noise)
        clip_(g, value=0.5, norm=1.0)
        step_(rule, p, g, slots, scratch, lr=0.01, t=t)

    for t in range(1, 4):
        step(t)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        step(4)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    smallest_of_the_chunk = T * B * V * p.flat.itemsize
    assert peak < NUMPYS_OWN < smallest_of_the_chunk
