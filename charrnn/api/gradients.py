"""Gradient check: a config's own network against finite differences of its loss."""

from dataclasses import dataclass

import numpy as np

from charrnn import build
from charrnn.api.prepare import open_dataset
from charrnn.config import Config
from charrnn.errors import DataError
from charrnn.gradcheck import elementwise_errors
from charrnn.layers.dropout import noise_of
from charrnn.rng import stream
from charrnn.text.batches import Batches, fit

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


def gradcheck(config: Config) -> GradientReport:
    """Check the network of `config` in float64, on the beginning of its own text.

    All its sizes and options are its own, dropout included; only the chunk is small.
    """
    _, dataset = open_dataset(config)
    if len(dataset.train.ids) < 2:
        raise DataError("the training part is too short to predict anything")
    batches = Batches(dataset.train, *fit(len(dataset.train.ids), TRACKS, STEPS))
    model = build.model(config, dataset.vocabulary.size)
    seed = config.train.seed
    p = model.init(seed, build.initializer(config), np.dtype(np.float64))
    rng = stream(seed, "gradcheck")
    p.flat += rng.normal(0.0, 0.05, p.flat.shape)  # no bias or initial state stays at exactly 0
    g, scratch = p.like(), p.like()
    x, y = batches.chunk(0)
    tape = model.tape(len(x), batches.batch_size, p.flat.dtype)
    noise = noise_of(seed, 0)

    def loss() -> float:
        return model.loss_and_grads(p, scratch, x, y, None, tape, noise)[0]

    model.loss_and_grads(p, g, x, y, None, tape, noise)
    return GradientReport(elementwise_errors(loss, p, g, ENTRIES, rng))
