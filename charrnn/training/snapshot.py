"""A TrainState as numbers and named arrays, and back: the content of a checkpoint file.

    params/<name>   the weights to use
    raw/<name>      the weights that train, where params are an average of them
    slots/<s>/<n>   slot s of the optimizer, for each weight
    best/<name>     the weights of the lowest validation loss, where they are not params
    state/<k>/<n>   the hidden states of layer k after the last chunk, in the middle of an epoch

The clock is not saved. Two runs that did the same work have the same bytes, however long each took
and however often it was interrupted; metrics.jsonl has the duration of a run.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from charrnn.errors import CheckpointError
from charrnn.nn.arrays import Floats, Shape, States
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.optim import Optimizer
from charrnn.storage.header import Counter
from charrnn.training.state import TrainState

Arrays = Mapping[str, Floats]

PARAMS, RAW, SLOTS, BEST, STATE = "params", "raw", "slots", "best", "state"


def to_arrays(state: TrainState) -> dict[str, Floats]:
    """Every array of `state` by its name in a checkpoint."""
    arrays = _named(PARAMS, state.eval_params)
    if state.average is not None:
        arrays |= _named(RAW, state.params)
    for slot, flat in state.slots.items():
        arrays |= _named(f"{SLOTS}/{slot}", Params(state.params.shapes, flat))
    if state.best is not None and state.best_step != state.step:
        arrays |= _named(BEST, state.best)
    for k, layer in enumerate(state.carry or ()):
        arrays |= {_state(k, n): array for n, array in enumerate(layer)}
    return arrays


def _named(group: str, p: Params) -> dict[str, Floats]:
    return {f"{group}/{name}": w for name, w in p.items()}


def _state(layer: int, n: int) -> str:
    return f"{STATE}/{layer}/{n}"


def _has(arrays: Arrays, group: str) -> bool:
    return any(name.startswith(f"{group}/") for name in arrays)


def to_counters(state: TrainState) -> dict[str, Any]:
    """Every number of `state` but the clock, by its key in the header of a checkpoint."""
    return {key: getattr(state, name) for key, (name, _) in state.counters().items()}


def header_counters() -> dict[str, Counter]:
    """The rules of these numbers, by which a header is read."""
    return {key: counter for key, (_, counter) in TrainState.counters().items()}


def check_arrays(
    arrays: Arrays,
    counters: Mapping[str, Any],
    model: CharModel,
    optimizer: Optimizer,
    *,
    averaging: bool,
    dtype: str,
) -> None:
    """Raise CheckpointError unless `arrays` are exactly those of a state with these counters."""
    expected = _shapes(counters, model, optimizer, averaging=averaging)
    if _state(0, 0) in arrays:
        expected |= _carry_shapes(model, arrays[_state(0, 0)].shape[:1])
    for name, shape in expected.items():
        if name not in arrays or arrays[name].shape != shape:
            problem = f"has shape {arrays[name].shape}" if name in arrays else "is missing"
            raise CheckpointError(f"array {name!r} {problem}; the config in it asks for {shape}")
    for name, array in arrays.items():
        if name not in expected:
            raise CheckpointError(f"array {name!r} is there, and the config in it asks for none")
        if array.dtype.name != dtype:
            raise CheckpointError(f"array {name!r} is {array.dtype}; the config in it says {dtype}")
        if name.startswith(f"{SLOTS}/{optimizer.mean_square}/") and (array < 0).any():
            raise CheckpointError(f"array {name!r} holds squares that are negative")


def _shapes(
    counters: Mapping[str, Any], model: CharModel, optimizer: Optimizer, *, averaging: bool
) -> dict[str, Shape]:
    """The shapes of all arrays of a state with these counters, except for its hidden states."""
    groups = [PARAMS, *(f"{SLOTS}/{slot}" for slot in optimizer.slots)]
    if averaging:
        groups.append(RAW)
    if 0 < counters["best_step"] < counters["step"]:
        groups.append(BEST)
    return {f"{group}/{name}": shape for group in groups for name, shape in model.shapes().items()}


def _carry_shapes(model: CharModel, tracks: Shape) -> dict[str, Shape]:
    return {
        _state(k, n): (*tracks, cell.hidden_size)
        for k, cell in enumerate(model.cells)
        for n in range(len(cell.states))
    }


def params_from(arrays: Arrays, model: CharModel, group: str = PARAMS) -> Params:
    """The weights of `model` from `arrays`, which `check_arrays` has passed."""
    shapes = model.shapes()
    names = {name: f"{group}/{name}" for name in shapes}
    p = Params.zeros(shapes, arrays[next(iter(names.values()))].dtype)
    for name, w in p.items():
        np.copyto(w, arrays[names[name]])
    return p


def slot_from(arrays: Arrays, model: CharModel, slot: str) -> Floats:
    """A slot of the optimizer (N,), from `arrays` that have it."""
    return params_from(arrays, model, f"{SLOTS}/{slot}").flat


def slots_in(arrays: Arrays) -> dict[str, Floats]:
    """Those of `arrays` that are slots of the optimizer."""
    return {name: array for name, array in arrays.items() if name.startswith(f"{SLOTS}/")}


def tracks_in(arrays: Arrays) -> int | None:
    """The number of tracks whose hidden state is saved; None if it is not."""
    first = arrays.get(_state(0, 0))
    return None if first is None else len(first)


def state_from(
    arrays: Arrays, counters: Mapping[str, Any], model: CharModel, optimizer: Optimizer
) -> TrainState:
    """The state that `to_arrays` and `to_counters` came from, its clock at 0."""
    params = params_from(arrays, model)
    averaging = _has(arrays, RAW)
    state = TrainState.begin(params_from(arrays, model, RAW) if averaging else params, optimizer)
    state.average = params if averaging else None
    for slot, flat in state.slots.items():
        flat[...] = slot_from(arrays, model, slot)
    for key, (name, _) in state.counters().items():
        setattr(state, name, counters[key])
    if _has(arrays, BEST):
        state.best = params_from(arrays, model, BEST)
    elif state.best_step == state.step and state.step > 0:
        state.best = state.eval_params.copy()
    state.carry = _carry(arrays, model)
    return state


def _carry(arrays: Arrays, model: CharModel) -> States | None:
    if tracks_in(arrays) is None:
        return None
    return tuple(
        tuple(arrays[_state(k, n)] for n in range(len(cell.states)))
        for k, cell in enumerate(model.cells)
    )
