"""The loop over time: a cell's steps through a chunk, forward and back, with zoneout between them.

A cell defines one step; this loop owns everything that happens to the state between two steps, for
all cells alike.
"""

import numpy as np

from charrnn.nn.arrays import Floats, State, Weights
from charrnn.nn.cells.base import Cell, Tape
from charrnn.nn.layers.recurrent_noise import Zoneout


def unroll(
    cell: Cell, p: Weights, state: State, tape: Tape, zoneout: Zoneout | None = None
) -> State:
    """From the pre-activations tape.z and the incoming state to tape.h. Returns the last state.

    The cell has prepared the tape for `p`. The last state is the tape's own memory, tape.last: it
    lasts, and may be handed in, until the next call.
    """
    for first, incoming in zip(tape.at(0), state, strict=True):
        np.copyto(first, incoming)
    step, T = cell.stepper(p, tape), len(tape.z)
    for t in range(T):
        step(t)
        if zoneout is not None:
            zoneout.hold_(t, tape.computed, tape.states)
    return tape.leave(T)


def unroll_back(
    cell: Cell,
    p: Weights,
    dh: Floats,
    tape: Tape,
    g: Weights,
    dstate: State | None = None,
    zoneout: Zoneout | None = None,
) -> State:
    """From dh (T, B, H), the gradient of the outputs, to tape.z = dz and the weights' `g`.

    `dstate` is the gradient of the last state, 0 if it is None. Returns the gradient of the
    incoming state, tape.d; dh stays as it is. Consumes the tape: `unroll` must run again before
    the next call.
    """
    d = tape.d
    for k, ds in enumerate(d):
        ds[...] = 0.0 if dstate is None else dstate[k]
    back = cell.back_stepper(p, tape)
    for t in reversed(range(len(dh))):
        if zoneout is None:
            back(t, dh[t])
        else:
            back(t, zoneout.release_(t, d, dh[t]))
            zoneout.return_(d)
    cell.weight_gradients(tape, g)
    return d
