"""Experiments that need no text: the textbook's multiplications, and the probe of memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

from charrnn import kernels
from charrnn.cells import CELLS
from charrnn.errors import UsageError
from charrnn.insight.recall import Recall, Task, network_of, recall
from charrnn.insight.textbook import MATRICES, Experiment, experiment
from charrnn.params import size_of

SCALES = (0.9, 1.0, 1.1)
LAGS = (1, 2, 4, 8, 16, 32, 64)
BATCH = 32


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
    of a `normal` one the others are smaller. Raises UsageError for sizes that cannot be.
    """
    _check_positive(scales=scales, sizes=(hidden_size, steps))
    if matrix not in MATRICES:
        raise UsageError(f"a matrix is one of {', '.join(MATRICES)}, not {matrix}")
    return [experiment(hidden_size, scale, steps, matrix, seed) for scale in scales]


@dataclass(frozen=True)
class Learner:
    """A network that was probed: one layer of its cell."""

    cell: str
    hidden_size: int
    parameters: int


@dataclass(frozen=True)
class RecallCurve:
    """How well the cells recall a symbol, by how many steps ago it was."""

    task: Task
    learners: tuple[Learner, ...]
    results: tuple[Recall, ...]  # a cell after the other, each by lag

    def of(self, cell: str) -> tuple[Recall, ...]:
        """Those of one cell."""
        return tuple(one for one in self.results if one.cell == cell)


def recall_curve(
    lags: Sequence[int] = LAGS,
    *,
    task: Task | None = None,
    parameters: int = 5000,
    steps: int = 1000,
    seed: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> RecallCurve:
    """Train every cell on recalling over each of `lags`, and judge it on other sequences.

    All cells have about as many `parameters`, so the gated ones are narrower. Each network is
    trained on its own lag alone, for `steps` steps of 32 sequences or until it has solved it.
    `on_progress` is told how much is done, of how much. Raises UsageError for sizes that cannot be.
    """
    task = task or Task()
    _check_positive(lags=lags, sizes=(parameters, steps, task.distractors))
    if task.symbols < 2:
        raise UsageError("with fewer than 2 symbols there is nothing to recall")
    chosen = sorted(set(lags))
    total, done = len(CELLS) * sum(chosen), 0
    learners, results = [], []
    for cell in CELLS:
        model = network_of(cell, task, parameters)
        size = size_of(model.shapes())
        learners.append(Learner(cell, model.cells[0].hidden_size, size))
        for lag in chosen:
            results.append(
                recall(
                    *(cell, model, task, lag),
                    steps=steps,
                    batch_size=BATCH,
                    seed=seed,
                    kernels=kernels.choose(),
                )
            )
            done += lag
            if on_progress:
                on_progress(done, total)
    return RecallCurve(task, tuple(learners), tuple(results))


def _check_positive(**numbers: Sequence[float]) -> None:
    for name, values in numbers.items():
        if not values or not all(isfinite(value) and value > 0 for value in values):
            raise UsageError(f"{name}: expected numbers above 0")
