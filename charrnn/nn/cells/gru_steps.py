"""The element-wise steps of a GRU, forward and back, in NumPy; kernels may have twins of them."""

import numpy as np

from charrnn.nn.arrays import Floats
from charrnn.nn.ops import by_gate, sigmoid_


def gru_reset(z: Floats, hz: Floats, h_prev: Floats, gates: Floats, inner: Floats) -> None:
    """reset: before, until the second product: the gates r and z (2, B, H), inner = r h_prev."""
    np.add(by_gate(z, 3)[:2], by_gate(hz, 2), out=gates[:2])
    sigmoid_(gates[:2])
    np.multiply(gates[0], h_prev, out=inner)


def gru_before(
    z: Floats, hn: Floats, h_prev: Floats, gates: Floats, h: Floats, scratch: Floats
) -> None:
    """reset: before, the rest: n = tanh(z_n + hn) and h."""
    _, update, n = gates
    np.add(by_gate(z, 3)[2], hn, out=n)
    np.tanh(n, out=n)
    _interpolate(h_prev, update, n, h, scratch[: len(h)])


def gru_after(
    z: Floats,
    hz: Floats,
    hn: Floats,
    bh: Floats,
    h_prev: Floats,
    gates: Floats,
    inner: Floats,
    h: Floats,
    scratch: Floats,
) -> None:
    """reset: after, a whole step: inner = hn + bh, n = tanh(z_n + r inner) and h."""
    r, update, n = gates
    np.add(by_gate(z, 3)[:2], by_gate(hz, 2), out=gates[:2])
    sigmoid_(gates[:2])
    np.add(hn, bh, out=inner)
    np.multiply(r, inner, out=n)
    np.add(by_gate(z, 3)[2], n, out=n)
    np.tanh(n, out=n)
    _interpolate(h_prev, update, n, h, scratch[: len(h)])


def _interpolate(h_prev: Floats, z: Floats, n: Floats, h: Floats, change: Floats) -> None:
    """h = (1 - z) h_prev + z n."""
    np.subtract(n, h_prev, out=change)
    np.multiply(z, change, out=change)
    np.add(h_prev, change, out=h)


def gru_candidate_backward(
    dh_above: Floats,
    dh: Floats,
    gates: Floats,
    h_prev: Floats,
    dz: Floats,
    passed: Floats,
    scratch: Floats,
) -> None:
    """From dh to dz of the update gate and of n, and passed = (1 - z) dh.

    dh arrives as the gradient from the next step, and has that from above added. The slope of a
    sigmoid is s (1 - s), that of tanh 1 - y**2.
    """
    _, z, n = gates
    a, b, rest = scratch.reshape(3, *dh.shape)
    _, dupdate, dn = by_gate(dz, 3)
    np.add(dh_above, dh, out=dh)
    np.subtract(1.0, z, out=rest)
    np.multiply(rest, dh, out=passed)
    np.multiply(z, dh, out=a)
    np.subtract(n, h_prev, out=b)
    np.multiply(a, b, out=b)
    np.multiply(b, rest, out=dupdate)
    np.multiply(n, n, out=b)
    np.subtract(1.0, b, out=b)
    np.multiply(a, b, out=dn)


def gru_before_backward(
    dinner: Floats, gates: Floats, h_prev: Floats, dz: Floats, passed: Floats, scratch: Floats
) -> None:
    """From the gradient of inner = r h_prev to dz of r; passed += r dinner."""
    r, a = gates[0], scratch[: len(dinner)]
    np.multiply(r, dinner, out=dinner)
    np.add(passed, dinner, out=passed)
    np.subtract(1.0, r, out=a)
    np.multiply(a, h_prev, out=a)
    np.multiply(a, dinner, out=by_gate(dz, 3)[0])


def gru_after_backward(gates: Floats, inner: Floats, dz: Floats, scratch: Floats) -> None:
    """From dz of n to dz of r, and to the gradient of inner, which replaces it."""
    r, a = gates[0], scratch[: len(inner)]
    dr, _, dn = by_gate(dz, 3)
    np.subtract(1.0, r, out=a)
    np.multiply(a, inner, out=a)
    np.multiply(r, dn, out=inner)
    np.multiply(a, inner, out=dr)
