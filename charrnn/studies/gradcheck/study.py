"""Gradient check: a config's own network against finite differences of its loss."""

from dataclasses import dataclass, replace

import numpy as np

from charrnn.config import Config, build
from charrnn.nn.arrays import shapes_only
from charrnn.nn.backprop import WholeChunk
from charrnn.nn.gradcheck import elementwise_errors
from charrnn.nn.layers.noise import NoiseKey
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params, size_of
from charrnn.nn.rng import stream
from charrnn.runs.memory import Need, check_fits, needs_of_fresh_weights
from charrnn.runs.prepare import batches_of, fresh_weights, open_dataset
from charrnn.text.batches import Chunks
from charrnn.training.footprint import BEYOND

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
    dataset = open_dataset(config).dataset
    batches, _ = batches_of(_small(config), dataset.train)
    model = build.model(config, dataset.vocabulary.size)
    check_fits(_needs(config, model, batches), force=force)
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


def _needs(config: Config, model: CharModel, batches: Chunks) -> list[Need]:
    """Weights, two gradients and the noise on the weights; or, if that is more, drawing them."""
    (fresh,) = needs_of_fresh_weights(config, model, FLOAT64)
    copies = 4 * size_of(model.shapes()) * FLOAT64.itemsize
    tape = 0
    if copies < BEYOND:
        with shapes_only():
            tape = model.tape(batches.longest, batches.batch_size, FLOAT64).nbytes
    return [
        fresh._replace(nbytes=max(copies, fresh.nbytes - tape)),
        Need("the activations of a chunk", tape, fresh.remedy),
    ]


def _small(config: Config) -> Config:
    """The config with a few short tracks, which overlap if its own do."""
    t = config.train
    stride = None if t.stride in (None, t.seq_length) else max(1, STEPS * t.stride // t.seq_length)
    train = replace(t, batch_size=TRACKS, seq_length=STEPS, stride=stride)
    return replace(config, train=train)
