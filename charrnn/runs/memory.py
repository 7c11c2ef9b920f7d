"""Does a run fit into the memory that there is? Asked before anything large is made."""

from collections.abc import Iterator

import numpy as np

from charrnn.config import Config
from charrnn.errors import UsageError
from charrnn.nn.arrays import DTYPES
from charrnn.runs.team import processes_of
from charrnn.storage import machine
from charrnn.training.footprint import Footprint, footprint
from charrnn.training.plan import Plan

MEANING = {
    "weights": "the weights, with their gradients and the optimizer's memory",
    "activations": "the activations of a chunk",
    "judging": "evaluations and checkpoints",
    "processes": "the processes beside the first",
}
MANY = 8  # layers


def check_memory(config: Config, plan: Plan, *, insist: bool) -> tuple[str, ...]:
    """Raise UsageError where a run needs more memory than there is; to `insist` makes it a note.

    The line says how much it needs, how much there is, what most of it is for, and what to change.
    """
    processes, here = processes_of(config, plan)
    needs = footprint_of(config, plan)
    problem = excess(needs.total * here // processes, needs.total // processes)
    if problem is None:
        return ()
    problem = f"{problem}; {_most(needs, config, plan)}"
    if not insist:
        raise UsageError(problem, "or insist with `force`")
    return (problem,)


def footprint_of(config: Config, plan: Plan) -> Footprint:
    """Of the run by all its processes."""
    processes, _ = processes_of(config, plan)
    dtype = np.dtype(DTYPES[config.train.dtype])
    return footprint(plan, dtype, processes, machine.resident())


def excess(needed: int, each: int | None = None) -> str | None:
    """What is said of so many bytes if there are not as many, or, of `each` process, not for it."""
    for size, limit, there in (
        (needed, machine.available_memory(), "there are"),
        (needed if each is None else each, machine.address_space(), "ulimit -v leaves a process"),
    ):
        if limit is not None and size > limit:
            return f"this needs about {amount(size)} of memory, and {there} {amount(limit)}"
    return None


def amount(size: int) -> str:
    """Bytes for people."""
    if size < 2**30:
        return f"{size / 2**20:,.1f} MiB"
    return f"{size / 2**30:,.1f} GiB" if size < 2**50 else f"{size / 2**30:.1e} GiB"


def _most(needs: Footprint, config: Config, plan: Plan) -> str:
    """The largest part, and the settings that make it smaller."""
    part = max(MEANING, key=lambda name: int(getattr(needs, name)))
    size = amount(getattr(needs, part))
    return f"{size} of it for {MEANING[part]}: use {' or '.join(_advice(part, config, plan))}"


def _advice(part: str, config: Config, plan: Plan) -> Iterator[str]:
    model, train, V = config.model, config.train, plan.model.vocab_size
    if part == "processes":
        yield f"fewer train.workers ({train.workers})"
        return
    if part == "activations":
        yield f"a smaller train.batch_size ({plan.batches.batch_size})"
        yield f"train.seq_length ({train.seq_length})"
        if train.recompute is None:
            yield "train.recompute"
    else:
        wide = model.embedding_size > model.hidden_size
        name = "embedding_size" if wide else "hidden_size"
        yield f"a smaller model.{name} ({getattr(model, name)})"
    if model.num_layers > MANY:
        yield f"model.num_layers ({model.num_layers})"
    if sum(len(cell.gates) * cell.hidden_size for cell in plan.model.cells) < V:
        yield f"a higher data.min_count (there are {V:,} symbols)"
