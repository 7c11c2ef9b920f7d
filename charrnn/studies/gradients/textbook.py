"""The two experiments of the textbooks: a gradient that is multiplied by Wh again and again.

Without the nonlinearity it grows or shrinks by Wh alone; with it, every step also multiplies by the
slopes of tanh, which are at most 1 (Hochreiter 1991; Goodfellow, Bengio and Courville 2016, section
10.7). The second one is the backward of the RNN cell itself.
"""

from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Floats
from charrnn.nn.cells import Rnn
from charrnn.nn.initializers import INITIALIZERS
from charrnn.nn.ops import may_overflow
from charrnn.nn.rng import stream
from charrnn.nn.unroll import unroll, unroll_back
from charrnn.studies.gradients.maths import row_norms
from charrnn.studies.gradients.spectrum import spectral_radius

TRACKS = 32  # random gradients, whose median is reported
DRIVE = 0.1  # standard deviation of what the RNN reads
SETTLING = 50  # steps that it has read before those that are gone back through
MATRICES = ("orthogonal", "normal")


@dataclass(frozen=True)
class Experiment:
    """Norms of a gradient of length 1 after 0, 1, ..., S steps back."""

    scale: float  # the largest singular value of Wh; where Wh is orthogonal, each of them
    radius: float  # its largest absolute eigenvalue
    linear: Floats  # (S+1,)
    tanh: Floats  # (S+1,)


def experiment(hidden_size: int, scale: float, steps: int, matrix: str, seed: int) -> Experiment:
    """Multiply by a random Wh of the kind `matrix`, which is in MATRICES."""
    Wh = np.empty((hidden_size, hidden_size))
    INITIALIZERS[matrix]().recurrent_(Wh, stream(seed, "textbook.weights"))
    Wh *= scale / np.linalg.norm(Wh, ord=2)
    rng = stream(seed, "textbook.signals")
    z = rng.normal(0.0, DRIVE, (SETTLING + steps, TRACKS, hidden_size))
    d = rng.standard_normal((TRACKS, hidden_size))
    d /= row_norms(d)[:, None]
    return Experiment(scale, spectral_radius(Wh), _linear(Wh, d, steps), _tanh(Wh, d, z))


@may_overflow
def _linear(Wh: Floats, d: Floats, steps: int) -> Floats:
    norms = [row_norms(d)]
    for _ in range(steps):
        d = d @ Wh.T
        norms.append(row_norms(d))
    return np.median(norms, axis=1)


@may_overflow
def _tanh(Wh: Floats, d: Floats, z: Floats) -> Floats:
    """The same through the last steps of an RNN that reads z (SETTLING + S, B, H)."""
    cell, p, g = Rnn(Wh.shape[0]), {"Wh": Wh}, {"Wh": np.empty_like(Wh)}
    tape = cell.tape(1, len(d), d.dtype)
    cell.prepare(p, tape)
    state, starts = (np.zeros_like(d),), []
    for now in z:
        starts.append(state)
        tape.z[0] = now
        state = (unroll(cell, p, state, tape)[0].copy(),)
    norms, dstate, above = [row_norms(d)], (d,), np.zeros_like(tape.z)
    for t in reversed(range(SETTLING, len(z))):
        tape.z[0] = z[t]
        unroll(cell, p, starts[t], tape)
        dstate = (unroll_back(cell, p, above, tape, g, dstate)[0].copy(),)
        norms.append(row_norms(dstate[0]))
    return np.median(norms, axis=1)
