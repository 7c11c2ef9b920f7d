"""Gradient check: a config's own network against finite differences of its loss."""

from dataclasses import dataclass, replace

import numpy as np

from charrnn.config import Config, build
from charrnn.errors import UsageError
from charrnn.nn.arrays import shapes_only
from charrnn.nn.backprop import WholeChunk
from charrnn.nn.gradcheck import elementwise_errors
from charrnn.nn.layers.noise import NoiseKey
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params, size_of
from charrnn.nn.rng import stream
from charrnn.runs.memory import excess
from charrnn.runs.prepare import batches_of, fresh_weights, open_dataset
from charrnn.text.batches import Chunks
from charrnn.training.footprint import BEYOND, drawing

FLOAT64 = np.dtype(np.float64)
TOLERANCE = 1e-6
TRACKS = 2
STEPS = 6
ENTRIES = 5


@dataclass(frozen=True)
class GradientReport:
    """The largest relative error of each parameter's gradient."""

    parameters: dict[str, float]

    @property
    def max_relative_error(self) -> float:
        return max(self.parameters.values())

    @property
    def ok(self) -> bool:
        return self.max_relative_error < TOLERANCE


def gradcheck(config: Config, *, force: bool = False) -> GradientReport:
    """Check the network of `config` in float64, on the beginning of its own text.

    All its sizes and options are its own, noise, records and stride included; only the chunk is
    small. Raises DataError where the training part is too short to predict anything, and
    UsageError, unless by `force`, where there is not the memory for the network.
    """
    _, dataset = open_dataset(config)
    batches, _ = batches_of(_small(config), dataset.train)
    model = build.model(config, dataset.vocabulary.size)
    if not force:
        _check_memory(config, model, batches)
    seed = config.train.seed
    p = fresh_weights(config, model, FLOAT64)
    rng = stream(seed, "gradcheck")
    p.flat += rng.normal(0.0, 0.05, p.flat.shape)  # no bias or initial state stays at exactly 0
    g, scratch = p.like(), p.like()
    chunk = batches.chunk(min(1, batches.chunks - 1))  # the second may overlap the first
    backprop = WholeChunk(model, len(chunk.x), batches.batch_size, p.flat.dtype)

    def loss(into: Params = scratch) -> float:
        return backprop(p, into, chunk, None, NoiseKey(seed, 0))[0]

    loss(g)
    return GradientReport(elementwise_errors(loss, p, g, ENTRIES, rng))


def _check_memory(config: Config, model: CharModel, batches: Chunks) -> None:
    copies = 4 * size_of(model.shapes()) * FLOAT64.itemsize  # weights, two gradients, what is added
    if copies < BEYOND:
        with shapes_only():
            copies += model.tape(batches.longest, batches.batch_size, FLOAT64).nbytes
    if problem := excess(max(copies, drawing(model, FLOAT64))):
        size = config.model.hidden_size
        raise UsageError(
            problem, f"use a smaller model.hidden_size ({size}), or insist with `force`"
        )


def _small(config: Config) -> Config:
    """The config with a few short tracks, which overlap if its own do."""
    t = config.train
    stride = None if t.stride in (None, t.seq_length) else max(1, STEPS * t.stride // t.seq_length)
    train = replace(t, batch_size=TRACKS, seq_length=STEPS, stride=stride)
    return replace(config, train=train)
