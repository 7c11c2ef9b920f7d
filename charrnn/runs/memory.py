"""Memory: what a piece of work needs, as a list, and one check against the memory of the machine.

The check comes before anything large is made.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from charrnn.config import Config
from charrnn.errors import UsageError
from charrnn.nn.arrays import DTYPES, DType
from charrnn.nn.model import CharModel
from charrnn.runs.team import processes_of
from charrnn.storage import machine
from charrnn.training.footprint import drawing, footprint
from charrnn.training.plan import Plan

MANY = 8  # layers


class Need(NamedTuple):
    """Memory for one purpose, and the settings that reduce it, the most effective first."""

    what: str
    nbytes: int
    remedy: tuple[str, ...]


def check_fits(
    needs: Sequence[Need], *, force: bool | None, each: int | None = None
) -> tuple[str, ...]:
    """Raise UsageError if `needs` together exceed the available memory; `force` makes it a note.

    With None for `force` the message does not offer it. The largest process takes `each` bytes,
    None: all of them. The message gives the total, the limit, the largest need and its remedy.
    """
    total = total_of(needs)
    excess = _excess(total, total if each is None else each)
    if excess is None:
        return ()
    largest = max(needs, key=lambda need: need.nbytes)
    part = "all" if largest.nbytes == total else amount(largest.nbytes)
    problem = f"{excess}; {part} of it is for {largest.what}"
    remedy = f"use {' or '.join(largest.remedy)}"
    if force:
        return (f"{problem}; {remedy}",)
    raise UsageError(problem, remedy if force is None else f"{remedy}, or insist with `force`")


def total_of(needs: Sequence[Need]) -> int:
    """Bytes of all needs."""
    return sum(need.nbytes for need in needs)


def _excess(total: int, each: int) -> str | None:
    """The first limit that is exceeded, in words."""
    for size, limit, limited_by in (
        (total, machine.available_memory(), "there are"),
        (each, machine.address_space(), "ulimit -v leaves a process"),
    ):
        if limit is not None and size > limit:
            return f"this needs about {amount(size)} of memory, and {limited_by} {amount(limit)}"
    return None


def amount(size: int) -> str:
    """Bytes in words: 12.5 MiB."""
    if size < 2**30:
        return f"{size / 2**20:,.1f} MiB"
    return f"{size / 2**30:,.1f} GiB" if size < 2**50 else f"{size / 2**30:.1e} GiB"


def check_run_fits(config: Config, plan: Plan, *, force: bool) -> tuple[str, ...]:
    """Check the memory of a run, as `check_fits` does."""
    needs, (_, here) = needs_of_run(config, plan), processes_of(config, plan)
    return check_fits(needs, force=force, each=total_of(needs) // here)


def needs_of_run(config: Config, plan: Plan) -> list[Need]:
    """The needs of a run at its peak, by all its processes on this machine."""
    processes, here = processes_of(config, plan)
    dtype = np.dtype(DTYPES[config.train.dtype])
    peak = footprint(plan, dtype, processes, machine.resident())
    network = tuple(_smaller_network(config, plan.model))
    needs = [
        Need("the weights, with their gradients and the optimizer's memory", peak.weights, network),
        Need("the activations of a chunk", peak.activations, tuple(_smaller_chunk(config, plan))),
        Need("evaluations and checkpoints", peak.evaluation, network),
        Need(
            "further processes", peak.processes, (f"fewer train.workers ({config.train.workers})",)
        ),
    ]
    return [need._replace(nbytes=need.nbytes * here // processes) for need in needs]


def needs_of_fresh_weights(config: Config, model: CharModel, dtype: DType) -> list[Need]:
    """The needs of a network that is made and not trained."""
    size = drawing(model, dtype)
    return [Need("the weights", size, tuple(_smaller_network(config, model)))]


def _smaller_network(config: Config, model: CharModel) -> Iterator[str]:
    m = config.model
    name = "embedding_size" if m.embedding_size > m.hidden_size else "hidden_size"
    yield f"a smaller model.{name} ({getattr(m, name)})"
    yield from _fewer_layers_or_symbols(config, model)


def _smaller_chunk(config: Config, plan: Plan) -> Iterator[str]:
    yield f"a smaller train.batch_size ({plan.batches.batch_size})"
    yield f"train.seq_length ({config.train.seq_length})"
    if config.train.recompute is None:
        yield "train.recompute"
    yield from _fewer_layers_or_symbols(config, plan.model)


def _fewer_layers_or_symbols(config: Config, model: CharModel) -> Iterator[str]:
    if config.model.num_layers > MANY:
        yield f"model.num_layers ({config.model.num_layers})"
    if sum(len(cell.gates) * cell.hidden_size for cell in model.cells) < model.vocab_size:
        yield f"a higher data.min_count (there are {model.vocab_size:,} symbols)"
