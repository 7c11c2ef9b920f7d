"""Experiments that need no text: the textbook's multiplications, and the probe of memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite

from charrnn.config.keys import keys_of
from charrnn.errors import UsageError
from charrnn.nn.arrays import shapes_only
from charrnn.nn.backprop import WholeChunk
from charrnn.nn.cells import CELLS, Cell
from charrnn.nn.model import CharModel
from charrnn.nn.params import size_of
from charrnn.runs.memory import Need, check_fits
from charrnn.studies.gradients.recall import DTYPE, HELD_OUT, Recall, Task, network_of, recall
from charrnn.studies.gradients.textbook import (
    MATRICES,
    SETTLING,
    TRACKS,
    Experiment,
    experiment,
)

SCALES = (0.9, 1.0, 1.1)
LAGS = (1, 2, 4, 8, 16, 32, 64)
BATCH = 32
DRAWN = 8  # bytes per symbol of a sequence, an int64
MATRIX = 6 * 8  # bytes per entry of a random matrix, with QR and eigenvalues
STATES = 3 * 8  # bytes per unit and step of a track: its input, its state and its gradient


def textbook(
    scales: Sequence[float] = SCALES,
    *,
    hidden_size: int = 100,
    steps: int = 100,
    matrix: str = "orthogonal",
    seed: int = 1,
) -> list[Experiment]:
    """Multiply a gradient by Wh again and again, with and without the slopes of tanh.

    The largest singular value of Wh is each of `scales` in turn; of an `orthogonal` matrix all are,
    of a `normal` one the others are smaller. Raises UsageError for sizes that cannot be or do not
    fit into memory.
    """
    _check_positive(scales=scales, sizes=(hidden_size, steps))
    if matrix not in MATRICES:
        raise UsageError(f"a matrix is one of {', '.join(MATRICES)}, not {matrix}")
    H, S = hidden_size, SETTLING + steps
    remedy = ("a smaller `hidden_size`", "fewer `steps`")
    needs = (
        Need("the matrix", MATRIX * H * H, remedy),
        Need("the states", STATES * S * TRACKS * H, remedy),
    )
    check_fits(needs, force=None)
    return [experiment(hidden_size, scale, steps, matrix, seed) for scale in scales]


@dataclass(frozen=True)
class Learner:
    """A network that was probed, one layer of its cell, and what came of it at each lag."""

    cell: str
    hidden_size: int
    parameters: int
    results: tuple[Recall, ...]


@dataclass(frozen=True)
class RecallCurve:
    """How well the cells recall a symbol, by lag."""

    task: Task
    forget_bias: float  # of the LSTM, at the start
    learners: tuple[Learner, ...]

    @property
    def lags(self) -> tuple[int, ...]:
        return tuple(one.lag for one in self.learners[0].results)


def recall_curve(
    lags: Sequence[int] = LAGS,
    *,
    task: Task | None = None,
    parameters: int = 5000,
    forget_bias: float = 1.0,
    steps: int = 1000,
    seed: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> RecallCurve:
    """Train every cell on recalling over each of `lags`, and evaluate it on other sequences.

    All cells have about as many `parameters`, so the gated ones are narrower. Each network is
    trained on its own lag alone, for `steps` steps of 32 sequences or until it has solved it.
    `on_progress` gets the work done and its total. Raises UsageError for sizes that cannot be or do
    not fit into memory.
    """
    task = task or Task()
    _check_positive(lags=lags, sizes=(parameters, steps, task.distractors))
    if task.symbols < 2:
        raise UsageError("with fewer than 2 symbols there is nothing to recall")
    if not isfinite(forget_bias):
        raise UsageError("the forget bias must be finite")
    chosen, learners = sorted(set(lags)), []
    done, total = 0, len(CELLS) * sum(chosen)
    models = {name: network_of(_maker(name, forget_bias), task, parameters) for name in CELLS}
    _check_memory([*models.values()], chosen[-1])
    for name, model in models.items():
        results = []
        for lag in chosen:
            sizes = {"steps": steps, "batch_size": BATCH, "seed": seed}
            results.append(recall(model, task, lag, **sizes))
            done += lag
            if on_progress:
                on_progress(done, total)
        H, size = model.cells[0].hidden_size, size_of(model.shapes())
        learners.append(Learner(name, H, size, tuple(results)))
    return RecallCurve(task, forget_bias, tuple(learners))


def _maker(name: str, forget_bias: float) -> Callable[[int], Cell]:
    """From H to the cell."""
    cell = CELLS[name]
    options = {"forget_bias": forget_bias} if "forget_bias" in keys_of(cell) else {}
    return partial(cell, **options)


def _check_memory(models: Sequence[CharModel], lag: int) -> None:
    remedy = ("smaller `lags`",)
    with shapes_only():
        tape = max(WholeChunk(model, lag + 1, BATCH, DTYPE).nbytes for model in models)
    needs = (
        Need("back-propagation over the largest lag", tape, remedy),
        Need("the sequences of the largest lag", DRAWN * (lag + 1) * HELD_OUT, remedy),
    )
    check_fits(needs, force=None)


def _check_positive(**numbers: Sequence[float]) -> None:
    for name, values in numbers.items():
        if not values or not all(isfinite(value) and value > 0 for value in values):
            raise UsageError(f"{name}: expected finite numbers above 0")
