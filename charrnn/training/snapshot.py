"""A TrainState as plain values and named arrays, and back: what a checkpoint file holds of it.

The clock is not among them. Two runs that did the same work have the same bytes, however long each
took and however often it was interrupted; how long a run has lasted is told by its metrics.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from charrnn.errors import CheckpointError
from charrnn.nn.arrays import Floats, Shape
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.nn.tape import States
from charrnn.optim import Optimizer
from charrnn.training.state import TrainState

COUNTERS = (
    "step",
    "evaluated_step",
    "best_loss",
    "best_step",
    "stale",
    "falls",
    "clipped",
    "skips",
    "rollbacks",
)


def to_arrays(state: TrainState) -> dict[str, Floats]:
    """Every array of `state` by its name in a checkpoint.

    `params` are the weights to use. Where they are an average, those that train are `raw`.
    """
    arrays = {f"params/{name}": w for name, w in state.judged.items()}
    if state.average is not None:
        arrays |= {f"raw/{name}": w for name, w in state.params.items()}
    for slot, flat in state.slots.items():
        arrays |= {f"slots/{slot}/{k}": w for k, w in Params(state.params.shapes, flat).items()}
    if state.best is not None and state.best_step != state.step:
        arrays |= {f"best/{name}": w for name, w in state.best.items()}
    for k, layer in enumerate(state.carried or ()):
        arrays |= {f"state/{k}/{n}": array for n, array in enumerate(layer)}
    return arrays


def to_counters(state: TrainState) -> dict[str, Any]:
    """Every number of `state` but the clock."""
    return {name: getattr(state, name) for name in COUNTERS}


def check_arrays(
    arrays: Mapping[str, Floats],
    counters: Mapping[str, Any],
    model: CharModel,
    optimizer: Optimizer,
    *,
    averaging: bool,
    dtype: str,
) -> None:
    """Raise CheckpointError where `arrays` are not those of such a state, no more and no less."""
    expected = _shapes(counters, model, optimizer, averaging=averaging)
    if "state/0/0" in arrays:
        expected |= _carried_shapes(model, arrays["state/0/0"].shape[:1])
    for name, shape in expected.items():
        if name not in arrays or arrays[name].shape != shape:
            found = f"has shape {arrays[name].shape}" if name in arrays else "is missing"
            raise CheckpointError(f"array {name!r} {found}; the config in it asks for {shape}")
    for name, array in arrays.items():
        if name not in expected:
            raise CheckpointError(f"array {name!r} is there, and the config in it asks for none")
        if array.dtype.name != dtype:
            raise CheckpointError(f"array {name!r} is {array.dtype}; the config in it says {dtype}")
        if name.startswith(f"slots/{optimizer.mean_square}/") and (array < 0).any():
            raise CheckpointError(f"array {name!r} holds squares that are negative")


def _shapes(
    counters: Mapping[str, Any], model: CharModel, optimizer: Optimizer, *, averaging: bool
) -> dict[str, Shape]:
    """Of every array that a state of these counters has, the carried one apart."""
    groups = ["params", *["raw"] * averaging, *(f"slots/{slot}" for slot in optimizer.slots)]
    if 0 < counters["best_step"] < counters["step"]:
        groups.append("best")
    return {f"{group}/{name}": shape for group in groups for name, shape in model.shapes().items()}


def _carried_shapes(model: CharModel, tracks: Shape) -> dict[str, Shape]:
    return {
        f"state/{k}/{n}": (*tracks, cell.hidden_size)
        for k, cell in enumerate(model.cells)
        for n in range(len(cell.states))
    }


def params_from(arrays: Mapping[str, Floats], model: CharModel, group: str = "params") -> Params:
    """The weights of `model` from `arrays`, which `check_arrays` has passed."""
    shapes = model.shapes()
    p = Params.zeros(shapes, arrays[f"{group}/head.by"].dtype)
    for name, w in p.items():
        np.copyto(w, arrays[f"{group}/{name}"])
    return p


def state_from(
    arrays: Mapping[str, Floats],
    counters: Mapping[str, Any],
    model: CharModel,
    optimizer: Optimizer,
) -> TrainState:
    """The state that `to_arrays` and `to_counters` came from, its clock at 0."""
    judged = params_from(arrays, model)
    averaging = "raw/head.by" in arrays
    state = TrainState.begin(params_from(arrays, model, "raw") if averaging else judged, optimizer)
    state.average = judged if averaging else None
    for slot, flat in state.slots.items():
        flat[...] = params_from(arrays, model, f"slots/{slot}").flat
    for name in COUNTERS:
        setattr(state, name, counters[name])
    if "best/head.by" in arrays:
        state.best = params_from(arrays, model, "best")
    elif state.best_step == state.step and state.step > 0:
        state.best = state.judged.copy()
    state.carried = _carried(arrays, model)
    return state


def _carried(arrays: Mapping[str, Floats], model: CharModel) -> States | None:
    if "state/0/0" not in arrays:
        return None
    return tuple(
        tuple(arrays[f"state/{k}/{n}"] for n in range(len(cell.states)))
        for k, cell in enumerate(model.cells)
    )
