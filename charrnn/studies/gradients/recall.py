"""A probe of memory: which symbol was it, k steps ago?

The network reads a symbol, k - 1 distractors, and the question, at which it has to name the symbol.
Only that answer counts, so its error must travel back k steps for anything to be learnt (after
Hochreiter and Schmidhuber 1997, experiment 2; Arjovsky, Shah and Bengio 2016, the copying problem).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np

from charrnn.nn.arrays import DType, Ids
from charrnn.nn.backprop import WholeChunk
from charrnn.nn.cells import Cell
from charrnn.nn.chunk import Chunk
from charrnn.nn.initializers import Default
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params, size_of
from charrnn.nn.read import Sequences, last_read
from charrnn.nn.rng import stream
from charrnn.optim import OPTIMIZERS, clip_, new_scratch, new_slots, step_

DTYPE: DType = np.dtype(np.float32)
RATE = 0.01
CLIP_NORM = 1.0
HELD_OUT = 1024  # sequences
SOLVED = 0.01  # nats: a network that is so good for a while is not trained on
SMOOTHING = 0.95


@dataclass(frozen=True)
class Task:
    """The task: symbols to recall among distractors. Ids: symbols, distractors, the question."""

    symbols: int = 8
    distractors: int = 8

    @property
    def vocab_size(self) -> int:
        return self.symbols + self.distractors + 1

    @property
    def guess(self) -> float:
        """Nats of knowing that it is one of the symbols, and no more."""
        return log(self.symbols)

    def draw(self, lag: int, B: int, rng: np.random.Generator) -> tuple[Ids, Ids]:
        """Sequences x (lag + 1, B), and what to answer at their last step, y (B,)."""
        x = self.symbols + rng.integers(self.distractors, size=(lag + 1, B))
        x[-1] = self.vocab_size - 1
        x[0] = rng.integers(self.symbols, size=B)
        return x, x[0].copy()


@dataclass(frozen=True)
class Recall:
    """How well a network recalls over `lag` steps, on sequences drawn apart.

    At short lags there are so few that it has seen them all.
    """

    lag: int
    loss: float  # nats
    accuracy: float
    steps: int  # of training, fewer than allowed where it was solved


def network_of(cell: Callable[[int], Cell], task: Task, parameters: int) -> CharModel:
    """One layer of the cell, whose H comes nearest to a number of parameters."""
    H, best = 1, _network(cell, task, 1)
    while abs(_size(wider := _network(cell, task, H + 1)) - parameters) <= abs(
        _size(best) - parameters
    ):
        H, best = H + 1, wider
    return best


def recall(
    model: CharModel,
    task: Task,
    lag: int,
    *,
    steps: int,
    batch_size: int,
    seed: int,
) -> Recall:
    """Train a fresh network on one lag, by Adam, and evaluate it.

    Near the largest lag that a network can learn, the rounding of a sum decides whether it does. So
    NumPy's kernels do it everywhere.
    """
    p = model.init(seed, Default(), DTYPE)
    done = _train_(model, p, task, lag, steps, batch_size, seed)
    loss, accuracy = _judge(model, p, task, lag, seed)
    return Recall(lag, loss, accuracy, done)


def _train_(
    model: CharModel,
    p: Params,
    task: Task,
    lag: int,
    steps: int,
    B: int,
    seed: int,
) -> int:
    """Change `p`; gives how many steps it took."""
    g, backprop = p.like(), WholeChunk(model, lag + 1, B, DTYPE)
    adam = OPTIMIZERS["adam"]()
    slots, scratch = new_slots(adam, p), new_scratch(p)
    smoothed = task.guess
    for done in range(1, steps + 1):
        x, answers = task.draw(lag, B, stream(seed, "recall.train", lag, done))
        chunk = Chunk(x, np.broadcast_to(answers, x.shape), skip=lag)
        loss, _ = backprop(p, g, chunk, None)
        clip_(g, value=None, norm=CLIP_NORM)
        step_(adam, p, g, slots, scratch, lr=RATE, t=done)
        smoothed = SMOOTHING * smoothed + (1 - SMOOTHING) * loss
        if smoothed < SOLVED:
            return done
    return steps


def _judge(model: CharModel, p: Params, task: Task, lag: int, seed: int) -> tuple[float, float]:
    """Mean loss in nats, and the share of right answers."""
    x, y = task.draw(lag, HELD_OUT, stream(seed, "recall.test", lag))
    last = last_read(model, p, Sequences(x, y, most=1))
    loss = float(model.losses(last.y, last.tape).mean())
    return loss, float((last.tape.logits[0].argmax(axis=1) == y).mean())


def _network(cell: Callable[[int], Cell], task: Task, hidden_size: int) -> CharModel:
    return CharModel(task.vocab_size, (cell(hidden_size),))


def _size(model: CharModel) -> int:
    return size_of(model.shapes())
