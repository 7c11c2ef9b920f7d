"""The element-wise part of a step as one loop, compiled by Numba: the extra `fast`.

Each function is the twin of a NumPy one, by the table STEPS: the same arguments, the same maths,
held together by the contract tests. What is gained are the passes over memory, which
NumPy makes once an operation. Loops over a row are kept simple and apart, so that they become
vector instructions;
`error_model="numpy"` is needed for that wherever something is divided. A step without a twin here
is one that NumPy does faster, such as that of the tanh network: two passes, both vectorised.
"""

from collections.abc import Callable

import numba

from charrnn.nn import ops
from charrnn.nn.arrays import Bools, Floats, Ids
from charrnn.nn.cells import gru_steps, lstm, rnn
from charrnn.nn.kernels.compiled import compiled, sigmoid_of_sum, tanh, tanh_of_sum


@compiled
def rnn_relu(z: Floats, h: Floats) -> None:
    zero = h.dtype.type(0.0)
    for n in range(len(h)):
        for j in range(h.shape[1]):
            h[n, j] = max(zero, z[n, j] + h[n, j])


@compiled
def rnn_backward(dh_above: Floats, dh: Floats, slopes: Floats, dz: Floats) -> None:
    for n in range(len(dz)):
        for j in range(dz.shape[1]):
            dz[n, j] = (dh_above[n, j] + dh[n, j]) * slopes[n, j]


@compiled
def scatter_rows(ids: Ids, x: Floats, out: Floats, mask: Bools, one_hot: Floats) -> None:
    out[...] = 0
    for r in range(len(ids)):
        row = out[ids[r]]
        for j in range(x.shape[1]):
            row[j] += x[r, j]


@compiled
def lstm_forward(
    z: Floats,
    hz: Floats,
    c_prev: Floats,
    gates: Floats,
    c: Floats,
    tanh_c: Floats,
    h: Floats,
    scratch: Floats,
) -> None:
    B, H = c.shape
    for n in range(B):
        for k in range(3):
            a, b = z[n, k * H : (k + 1) * H], hz[n, k * H : (k + 1) * H]
            sigmoid_of_sum(a, b, gates[k, n])
        tanh_of_sum(z[n, 3 * H :], hz[n, 3 * H :], gates[3, n])
        i, f, o, g = gates[0, n], gates[1, n], gates[2, n], gates[3, n]
        for j in range(H):
            c[n, j] = f[j] * c_prev[n, j] + i[j] * g[j]
        for j in range(H):
            tanh_c[n, j] = tanh(c[n, j])
        for j in range(H):
            h[n, j] = o[j] * tanh_c[n, j]


@compiled
def lstm_backward(
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
    B, H = dc.shape
    one = dc.dtype.type(1.0)
    for n in range(B):
        i, f, o, g = gates[0, n], gates[1, n], gates[2, n], gates[3, n]
        di, df, do, dg = dz[n, :H], dz[n, H : 2 * H], dz[n, 2 * H : 3 * H], dz[n, 3 * H :]
        for j in range(H):
            dh[n, j] += dh_above[n, j]
        for j in range(H):
            dc[n, j] += dh[n, j] * (o[j] - h[n, j] * tanh_c[n, j])
        for j in range(H):
            do[j] = dh[n, j] * h[n, j] * (one - o[j])
        for j in range(H):
            di[j] = dc[n, j] * i[j] * g[j] * (one - i[j])
        for j in range(H):
            dg[j] = dc[n, j] * i[j] * (one - g[j] * g[j])
        for j in range(H):
            dc[n, j] *= f[j]
        for j in range(H):
            df[j] = dc[n, j] * c_prev[n, j] * (one - f[j])


@compiled
def gru_reset(z: Floats, hz: Floats, h_prev: Floats, gates: Floats, inner: Floats) -> None:
    B, H = h_prev.shape
    for n in range(B):
        sigmoid_of_sum(z[n, :H], hz[n, :H], gates[0, n])
        sigmoid_of_sum(z[n, H : 2 * H], hz[n, H : 2 * H], gates[1, n])
        for j in range(H):
            inner[n, j] = gates[0, n, j] * h_prev[n, j]


@compiled
def gru_before(
    z: Floats, hn: Floats, h_prev: Floats, gates: Floats, h: Floats, scratch: Floats
) -> None:
    B, H = h.shape
    for n in range(B):
        tanh_of_sum(z[n, 2 * H :], hn[n], gates[2, n])
        for j in range(H):
            h[n, j] = h_prev[n, j] + gates[1, n, j] * (gates[2, n, j] - h_prev[n, j])


@compiled
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
    B, H = h.shape
    for n in range(B):
        sigmoid_of_sum(z[n, :H], hz[n, :H], gates[0, n])
        sigmoid_of_sum(z[n, H : 2 * H], hz[n, H : 2 * H], gates[1, n])
        for j in range(H):
            inner[n, j] = hn[n, j] + bh[j]
        for j in range(H):
            gates[2, n, j] = tanh(z[n, 2 * H + j] + gates[0, n, j] * inner[n, j])
        for j in range(H):
            h[n, j] = h_prev[n, j] + gates[1, n, j] * (gates[2, n, j] - h_prev[n, j])


@compiled
def gru_candidate_backward(
    dh_above: Floats,
    dh: Floats,
    gates: Floats,
    h_prev: Floats,
    dz: Floats,
    passed: Floats,
    scratch: Floats,
) -> None:
    B, H = dh.shape
    one = dh.dtype.type(1.0)
    for n in range(B):
        z, candidate = gates[1, n], gates[2, n]
        for j in range(H):
            dh[n, j] += dh_above[n, j]
        for j in range(H):
            passed[n, j] = (one - z[j]) * dh[n, j]
        for j in range(H):
            dz[n, H + j] = passed[n, j] * z[j] * (candidate[j] - h_prev[n, j])
        for j in range(H):
            dz[n, 2 * H + j] = dh[n, j] * z[j] * (one - candidate[j] * candidate[j])


@compiled
def gru_before_backward(
    dinner: Floats, gates: Floats, h_prev: Floats, dz: Floats, passed: Floats, scratch: Floats
) -> None:
    B, H = dinner.shape
    one = dinner.dtype.type(1.0)
    for n in range(B):
        r = gates[0, n]
        for j in range(H):
            passed[n, j] += r[j] * dinner[n, j]
        for j in range(H):
            dz[n, j] = dinner[n, j] * h_prev[n, j] * r[j] * (one - r[j])


@compiled
def gru_after_backward(gates: Floats, inner: Floats, dz: Floats, scratch: Floats) -> None:
    B, H = inner.shape
    one = inner.dtype.type(1.0)
    for n in range(B):
        r = gates[0, n]
        for j in range(H):
            dz[n, j] = dz[n, 2 * H + j] * inner[n, j] * r[j] * (one - r[j])
        for j in range(H):
            inner[n, j] = dz[n, 2 * H + j] * r[j]


STEPS: dict[Callable[..., None], Callable[..., None]] = {
    ops.scatter_rows: scatter_rows,
    rnn.rnn_relu: rnn_relu,
    rnn.rnn_backward: rnn_backward,
    lstm.lstm_forward: lstm_forward,
    lstm.lstm_backward: lstm_backward,
    gru_steps.gru_reset: gru_reset,
    gru_steps.gru_before: gru_before,
    gru_steps.gru_after: gru_after,
    gru_steps.gru_candidate_backward: gru_candidate_backward,
    gru_steps.gru_before_backward: gru_before_backward,
    gru_steps.gru_after_backward: gru_after_backward,
}


def name() -> str:
    """Numba and its version."""
    return f"Numba {numba.__version__}"
