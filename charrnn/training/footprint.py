"""How much memory a run takes, known before any of it is there."""

from collections import Counter
from dataclasses import dataclass

from charrnn.nn.arrays import DType, shapes_only
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params, size_of
from charrnn.parallel.base import share_of
from charrnn.training.evaluate import evaluation_of
from charrnn.training.message import message_size
from charrnn.training.plan import Plan, backprop_for

READING = 5 * 8  # bytes beside the tape for each character of a chunk: positions, ids, row starts
BEYOND = 2**47  # bytes that no process can address: the weights are enough to say no
DRAWING = 6 * 8  # bytes for each number of the matrix (H, H) that is drawn, in float64, by QR


@dataclass(frozen=True)
class Footprint:
    """Bytes at the peak of a run, by what they are for; its processes added up."""

    weights: int  # with their gradients, the optimizer's memory, the average and the best
    activations: int  # of a chunk
    judging: int  # activations of an evaluation, or the checkpoint that is put together
    processes: int  # what it costs that there is more than one

    @property
    def total(self) -> int:
        return self.weights + self.activations + self.judging + self.processes


def footprint(plan: Plan, dtype: DType, processes: int, each: int) -> Footprint:
    """Of a run by so many processes, of which all but the first need `each` bytes to be there.

    Weights are counted by their shapes, all else by being made without memory.
    """
    shapes, B = plan.model.shapes(), plan.batches.batch_size
    copy = size_of(shapes) * dtype.itemsize
    saved = copy * (1 + len(plan.optimizer.slots) + (plan.average > 0))  # and at times the best
    messages = message_size(shapes, plan.model.cells, B) * dtype.itemsize
    kept = saved if plan.on_nonfinite == "rollback" else 0
    held = processes * (saved + copy + kept) + messages * (1 if processes == 1 else processes + 1)
    if held > BEYOND:
        return Footprint(held, 0, 0, 0)
    activations = 0
    for tracks, n in Counter(len(share_of(B, k, processes)) for k in range(processes)).items():
        layouts = _one_step(plan, tracks, dtype)
        held += n * layouts
        activations += n * (_chunk(plan, tracks, dtype) - layouts)
    judging = max(processes * _evaluation(plan, dtype), saved + copy)
    drawn = drawing(plan.model, dtype) - held - activations - judging
    # While the first process tells the others its state, nobody has a best one, nor a tape.
    told = (2 * processes - 1) * saved - processes * copy - activations - judging
    return Footprint(
        weights=held + max(0, drawn),
        activations=activations,
        judging=judging,
        processes=(processes - 1) * each + (max(0, told) if processes > 1 else 0),
    )


def drawing(model: CharModel, dtype: DType) -> int:
    """Bytes at the peak of making fresh weights."""
    H = model.cells[0].hidden_size
    return size_of(model.shapes()) * dtype.itemsize + DRAWING * H * H


def tape_bytes(plan: Plan, tracks: int, dtype: DType) -> int:
    """Of the memory for the chunks of so many tracks."""
    with shapes_only():
        return backprop_for(plan, tracks, dtype).nbytes


def _chunk(plan: Plan, tracks: int, dtype: DType) -> int:
    return tape_bytes(plan, tracks, dtype) + READING * plan.batches.longest * tracks


def _one_step(plan: Plan, tracks: int, dtype: DType) -> int:
    """What a tape has of every weight that it lays out, however few the steps."""
    with shapes_only():
        return plan.model.tape(1, tracks, dtype, plan.kernels).nbytes


def _evaluation(plan: Plan, dtype: DType) -> int:
    """Of the largest group of tracks, or of records, of the parts that are judged."""
    sizes = [0]
    with shapes_only():
        p = Params.zeros(plan.model.shapes(), dtype)
        for part in (plan.val, plan.test):
            if part is not None:
                evaluation = evaluation_of(plan.model, p, part, plan.kernels)
                sizes += [evaluation.tape(k).nbytes for k in (0, -1)]
    return max(sizes)
