"""The oracle: the network as a lecture writes it, one character of one track at a time, in float64.

Nothing here is fast and nothing is shared with the package. Vectors are columns, so a weight
that the package multiplies from the right, x Wx, stands here as Wx.T @ x. A gradient is
accumulated where its weight is used, by the chain rule of that one line.
"""

import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


class Rnn:
    """h' = f(z + Wh h), with f = tanh or relu."""

    def __init__(self, activation="tanh"):
        self.activation = activation

    def step(self, w, z, state):
        (h,) = state
        a = z + w["Wh"].T @ h
        new = np.tanh(a) if self.activation == "tanh" else np.where(a > 0, a, 0.0)
        return (new,), (h, a, new)

    def back(self, w, g, dstate, cache):
        (dh,), (h, a, new) = dstate, cache
        da = dh * (1 - new**2) if self.activation == "tanh" else dh * (a > 0)
        g["Wh"] += np.outer(h, da)
        return da, (w["Wh"] @ da,)


class Lstm:
    """i, f, o = sigmoid, g = tanh of z + Wh h;  c' = f c + i g;  h' = o tanh(c')."""

    def step(self, w, z, state):
        h, c = state
        ai, af, ao, ag = np.split(z + w["Wh"].T @ h, 4)
        i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
        c_new = f * c + i * g
        h_new = o * np.tanh(c_new)
        return (h_new, c_new), (h, c, i, f, o, g, c_new)

    def back(self, w, grad, dstate, cache):
        (dh, dc), (h, c, i, f, o, g, c_new) = dstate, cache
        do = dh * np.tanh(c_new)
        dc = dc + dh * o * (1 - np.tanh(c_new) ** 2)
        di, df, dg, dc_old = dc * g, dc * c, dc * i, dc * f
        da = np.concatenate([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)])
        grad["Wh"] += np.outer(h, da)
        return da, (w["Wh"] @ da, dc_old)


class GruBefore:
    """r, u = sigmoid(z + Wh h);  n = tanh(z_n + U (r h));  h' = (1 - u) h + u n."""

    def step(self, w, z, state):
        (h,) = state
        H = len(h)
        r = sigmoid(z[:H] + w["Wh"][:, :H].T @ h)
        u = sigmoid(z[H : 2 * H] + w["Wh"][:, H : 2 * H].T @ h)
        n = np.tanh(z[2 * H :] + w["Wh"][:, 2 * H :].T @ (r * h))
        return ((1 - u) * h + u * n,), (h, r, u, n)

    def back(self, w, g, dstate, cache):
        (dh_new,), (h, r, u, n) = dstate, cache
        H = len(h)
        dn, du, dh = dh_new * u, dh_new * (n - h), dh_new * (1 - u)
        dan = dn * (1 - n**2)
        g["Wh"][:, 2 * H :] += np.outer(r * h, dan)
        drh = w["Wh"][:, 2 * H :] @ dan
        dr = drh * h
        dh = dh + drh * r
        dar, dau = dr * r * (1 - r), du * u * (1 - u)
        g["Wh"][:, :H] += np.outer(h, dar)
        g["Wh"][:, H : 2 * H] += np.outer(h, dau)
        dh = dh + w["Wh"][:, :H] @ dar + w["Wh"][:, H : 2 * H] @ dau
        return np.concatenate([dar, dau, dan]), (dh,)


class GruAfter:
    """As before, but n = tanh(z_n + r (U h + bh))."""

    def step(self, w, z, state):
        (h,) = state
        H = len(h)
        r = sigmoid(z[:H] + w["Wh"][:, :H].T @ h)
        u = sigmoid(z[H : 2 * H] + w["Wh"][:, H : 2 * H].T @ h)
        q = w["Wh"][:, 2 * H :].T @ h + w["bh"]
        n = np.tanh(z[2 * H :] + r * q)
        return ((1 - u) * h + u * n,), (h, r, u, q, n)

    def back(self, w, g, dstate, cache):
        (dh_new,), (h, r, u, q, n) = dstate, cache
        dan = dh_new * u * (1 - n**2)
        dar = dan * q * r * (1 - r)
        dau = dh_new * (n - h) * u * (1 - u)
        dq = dan * r
        g["bh"] += dq
        g["Wh"] += np.outer(h, np.concatenate([dar, dau, dq]))
        dh = dh_new * (1 - u) + w["Wh"] @ np.concatenate([dar, dau, dq])
        return np.concatenate([dar, dau, dan]), (dh,)


def cell_for(cell):
    """The oracle of a cell of the package, told by its name and options alone."""
    name, reset = type(cell).__name__, getattr(cell, "reset", None)
    if name == "Rnn":
        return Rnn(cell.activation)
    return {"Lstm": Lstm, "Gru": GruBefore if reset == "before" else GruAfter}[name]()


def scope(arrays, k):
    prefix = f"layers.{k}."
    return {name[len(prefix) :]: a for name, a in arrays.items() if name.startswith(prefix)}


def loss_and_grads(model, p, x, y, state=None, masks=None):
    """Mean loss of a chunk (T, B), the gradient of every weight, and the last state.

    `state` is a tuple of tuples of (B, H), or None for the initial state; `masks` holds a dropout
    mask (T, B, H) for each layer, or is None.
    """
    grads = {name: np.zeros_like(w) for name, w in p.items()}
    last = [tuple([] for _ in cell.states) for cell in model.cells]
    total = 0.0
    for b in range(x.shape[1]):
        start = None if state is None else [tuple(a[b] for a in layer) for layer in state]
        mask = None if masks is None else [m[:, b] for m in masks]
        loss, end = _track(model, p, grads, x[:, b], y[:, b], start, mask, 1.0 / x.size)
        total += loss
        for layer, states in zip(last, end, strict=True):
            for column, one in zip(layer, states, strict=True):
                column.append(one)
    return total, grads, tuple(tuple(np.stack(column) for column in layer) for layer in last)


def _track(model, p, grads, x, y, start, masks, weight):
    """One track: forward through time, then back through time."""
    cells = [cell_for(cell) for cell in model.cells]
    H, zeros = model.cells[0].hidden_size, np.zeros(model.cells[0].hidden_size)
    initial = start is None
    if initial:
        start = [
            tuple(p.get(f"layers.{k}.{name}0", zeros) for name in cell.states)
            for k, cell in enumerate(model.cells)
        ]
    E = p.get("embedding")
    Wy = E.T if model.tied else p["head.Wy"]
    states, memory, loss = list(start), [], 0.0

    for t, character in enumerate(x):
        one_hot = np.eye(model.vocab_size)[character]
        value = one_hot if E is None else E.T @ one_hot
        inputs, caches = [], []
        for k, cell in enumerate(cells):
            w = scope(p, k)
            inputs.append(value)
            states[k], cache = cell.step(w, w["Wx"].T @ value + w["b"], states[k])
            caches.append(cache)
            value = states[k][0] * (1.0 if masks is None else masks[k][t])
        logits = Wy.T @ value + p["head.by"]
        prob = np.exp(logits) / np.exp(logits).sum()
        loss += -np.log(prob[y[t]]) * weight
        memory.append((one_hot, inputs, caches, value, prob))

    dstates = [tuple(np.zeros(H) for _ in cell.states) for cell in model.cells]
    for t in reversed(range(len(x))):
        one_hot, inputs, caches, value, prob = memory[t]
        dlogits = (prob - np.eye(model.vocab_size)[y[t]]) * weight
        grads["head.by"] += dlogits
        if model.tied:
            grads["embedding"] += np.outer(dlogits, value)
        else:
            grads["head.Wy"] += np.outer(value, dlogits)
        dvalue = Wy @ dlogits
        for k in reversed(range(len(cells))):
            w, g = scope(p, k), scope(grads, k)
            dh = dvalue * (1.0 if masks is None else masks[k][t]) + dstates[k][0]
            dz, dstates[k] = cells[k].back(w, g, (dh, *dstates[k][1:]), caches[k])
            g["Wx"] += np.outer(inputs[k], dz)
            g["b"] += dz
            dvalue = w["Wx"] @ dz
        if E is not None:
            grads["embedding"] += np.outer(one_hot, dvalue)

    if initial and model.learn_initial_state:
        for k, cell in enumerate(model.cells):
            for name, d in zip(cell.states, dstates[k], strict=True):
                grads[f"layers.{k}.{name}0"] += d
    return loss, states
