"""Peephole connections: gates that see c (Gers and Schmidhuber 2000; Gers et al. 2002).

The input and the forget gate see the cell state before the step, the output gate the one after it:

    i, f = sigmoid(... + p c_{t-1})      o = sigmoid(... + p c_t)

with one weight per unit, p * c, as published, or with a full matrix, c P.
"""

import numpy as np

from charrnn.nn.arrays import Floats, Shape, Weights
from charrnn.nn.initializers import Initializer
from charrnn.nn.ops import by_gate, sigmoid_

NAMES = ("pi", "pf", "po")


def peephole_shapes(H: int, full: bool) -> dict[str, Shape]:
    """The weights: a vector or a matrix for each of three gates."""
    return dict.fromkeys(NAMES, (H, H) if full else (H,))


def peephole_init_(p: Weights, initializer: Initializer, rng: np.random.Generator) -> None:
    """Vectors start at 0, which is the LSTM without peepholes; matrices as those of the input."""
    for name in NAMES:
        if p[name].ndim == 2:
            initializer.input_(p[name], rng)


class Peepholes:
    """The steps of an LSTM with peepholes `p`, in place of `lstm_forward` and `lstm_backward`."""

    def __init__(self, p: Weights) -> None:
        self.pi, self.pf, self.po = (p[name] for name in NAMES)

    def forward(
        self,
        z: Floats,
        hz: Floats,
        c_prev: Floats,
        gates: Floats,
        c: Floats,
        tanh_c: Floats,
        h: Floats,
        scratch: Floats,
    ) -> None:
        """One step: as `lstm_forward`, but o is computed after c."""
        i, f, o, g = gates
        seen = scratch[: len(c)]
        np.add(by_gate(z, 4), by_gate(hz, 4), out=gates)
        for gate, weights in ((i, self.pi), (f, self.pf)):
            look(c_prev, weights, seen)
            np.add(gate, seen, out=gate)
        sigmoid_(gates[:2])
        np.tanh(g, out=g)
        np.multiply(f, c_prev, out=c)
        np.multiply(i, g, out=seen)
        np.add(c, seen, out=c)
        look(c, self.po, seen)
        np.add(o, seen, out=o)
        sigmoid_(o)
        np.tanh(c, out=tanh_c)
        np.multiply(o, tanh_c, out=h)

    def backward(
        self,
        dh_above: Floats,
        dh: Floats,
        dc: Floats,
        gates: Floats,
        c_prev: Floats,
        tanh_c: Floats,
        h: Floats,
        dz: Floats,
        scratch: Floats,
    ) -> None:
        """One step: as `lstm_backward`; dc has a term from each of the three gates too."""
        i, f, o, g = gates
        di, df, do, dg = by_gate(dz, 4)
        a, b = scratch[: len(dc)], scratch[len(dc) : 2 * len(dc)]
        np.add(dh_above, dh, out=dh)
        _times_slope(o, np.multiply(dh, tanh_c, out=a), b, out=do)
        look_back(do, self.po, a)
        np.add(dc, a, out=dc)
        np.multiply(h, tanh_c, out=a)  # dc += dh o (1 - tanh(c)^2)
        np.subtract(o, a, out=a)
        np.multiply(a, dh, out=a)
        np.add(dc, a, out=dc)
        _times_slope(i, np.multiply(dc, g, out=a), b, out=di)
        _times_slope(f, np.multiply(dc, c_prev, out=a), b, out=df)
        np.multiply(g, g, out=a)
        np.subtract(1.0, a, out=a)
        np.multiply(a, i, out=a)
        np.multiply(a, dc, out=dg)
        np.multiply(dc, f, out=dc)
        for gradient, weights in ((di, self.pi), (df, self.pf)):
            look_back(gradient, weights, a)
            np.add(dc, a, out=dc)


def peephole_gradients(c: Floats, c_prev: Floats, dz: Floats, g: Weights) -> None:
    """The gradients of the weights, from (T, B, H) of c, after and before, and dz (T, B, 4*H)."""
    H = c.shape[-1]
    for name, seen, gate in (("pi", c_prev, 0), ("pf", c_prev, 1), ("po", c, 2)):
        gradient = dz[..., gate * H : (gate + 1) * H]
        if g[name].ndim == 1:
            np.einsum("tbh,tbh->h", seen, gradient, out=g[name])
        else:
            np.matmul(seen.reshape(-1, H).T, gradient.reshape(-1, H), out=g[name])


def look(c: Floats, weights: Floats, out: Floats) -> None:
    """out = p * c, or c P."""
    if weights.ndim == 1:
        np.multiply(c, weights, out=out)
    else:
        np.matmul(c, weights, out=out)


def look_back(d: Floats, weights: Floats, out: Floats) -> None:
    """The gradient of c from that of p * c, or c P."""
    look(d, weights if weights.ndim == 1 else weights.T, out)


def _times_slope(s: Floats, d: Floats, scratch: Floats, out: Floats) -> None:
    """out = d s (1 - s): through a sigmoid whose value is s."""
    np.subtract(1.0, s, out=scratch)
    np.multiply(scratch, s, out=scratch)
    np.multiply(scratch, d, out=out)
