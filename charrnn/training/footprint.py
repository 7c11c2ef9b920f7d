"""The memory of a run, known before any of it is allocated."""

from collections import Counter
from dataclasses import dataclass

from charrnn.nn.arrays import DType, shapes_only
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params, size_of
from charrnn.parallel.base import share_of
from charrnn.training.evaluate import Evaluation
from charrnn.training.message import message_size
from charrnn.training.plan import Plan, backprop_for

READING = 5 * 8  # bytes per character of a chunk, besides the tape: positions, ids, row starts
BEYOND = 2**47  # bytes that no process can address: more need not be counted
DRAWING = 6 * 8  # bytes per element of the matrix (H, H) that is drawn, in float64, by QR


@dataclass(frozen=True)
class Footprint:
    """Bytes at the peak of a run, by purpose, of all its processes together."""

    weights: int  # with their gradients, the optimizer's memory, the average and the best
    activations: int  # of a chunk
    evaluation: int  # activations of an evaluation, or the checkpoint that is put together
    processes: int  # the cost of having more than one

    @property
    def total(self) -> int:
        return self.weights + self.activations + self.evaluation + self.processes


def footprint(plan: Plan, dtype: DType, processes: int, each: int) -> Footprint:
    """Count the memory of a run; every process but the first adds `each` bytes for itself.

    Weights are counted by their shapes, all else by allocating it without memory.
    """
    copy = size_of(plan.model.shapes()) * dtype.itemsize
    saved = copy * (1 + len(plan.optimizer.slots) + (plan.average > 0))  # with the best, one more
    weights = _weights(plan, dtype, processes, copy, saved)
    if weights > BEYOND:
        return Footprint(weights, 0, 0, 0)
    layouts, activations = _chunks(plan, dtype, processes)
    weights += layouts
    evaluation = max(processes * _evaluation(plan, dtype), saved + copy)
    # Two moments before the first step may need more than all of this: drawing the weights, and
    # sending the state to the other processes, when none has a best state or a tape yet.
    drawn = drawing(plan.model, dtype) - weights - activations - evaluation
    sent = (2 * processes - 1) * saved - processes * copy - activations - evaluation
    return Footprint(
        weights=weights + max(0, drawn),
        activations=activations,
        evaluation=evaluation,
        processes=(processes - 1) * each + (max(0, sent) if processes > 1 else 0),
    )


def _weights(plan: Plan, dtype: DType, processes: int, copy: int, saved: int) -> int:
    """Copies of the weights: saved, best, good to roll back to; and the messages with gradients."""
    messages = processes + (processes > 1)
    size = message_size(plan.model.shapes(), plan.model.cells, plan.batches.batch_size)
    good = saved if plan.on_nonfinite == "rollback" else 0
    return processes * (saved + copy + good) + messages * size * dtype.itemsize


def _chunks(plan: Plan, dtype: DType, processes: int) -> tuple[int, int]:
    """The weights as tapes lay them out, and the activations, of all processes."""
    layouts = activations = 0
    B = plan.batches.batch_size
    for tracks, n in Counter(len(share_of(B, k, processes)) for k in range(processes)).items():
        layout = _one_step(plan, tracks, dtype)
        layouts += n * layout
        activations += n * (_chunk(plan, tracks, dtype) - layout)
    return layouts, activations


def drawing(model: CharModel, dtype: DType) -> int:
    """Bytes at the peak of drawing initial weights."""
    H = model.cells[0].hidden_size
    return size_of(model.shapes()) * dtype.itemsize + DRAWING * H * H


def tape_bytes(plan: Plan, tracks: int, dtype: DType) -> int:
    """Bytes for back-propagation through chunks of `tracks` tracks."""
    with shapes_only():
        return backprop_for(plan, tracks, dtype).nbytes


def _chunk(plan: Plan, tracks: int, dtype: DType) -> int:
    return tape_bytes(plan, tracks, dtype) + READING * plan.batches.longest * tracks


def _one_step(plan: Plan, tracks: int, dtype: DType) -> int:
    """Bytes of a tape that do not grow with its steps: the weights that it lays out, mainly."""
    with shapes_only():
        return plan.model.tape(1, tracks, dtype, plan.kernels).nbytes


def _evaluation(plan: Plan, dtype: DType) -> int:
    """Bytes for the largest group of tracks or records of the parts that are evaluated."""
    sizes = [0]
    with shapes_only():
        p = Params.zeros(plan.model.shapes(), dtype)
        for part in (plan.val, plan.test):
            if part is not None:
                sizes.append(Evaluation(plan.model, p, part, plan.kernels).nbytes)
    return max(sizes)
