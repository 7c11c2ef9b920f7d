"""The oracle: the network as a lecture writes it, one character of one track at a time, in float64.

Nothing here is fast and nothing is shared with the package. Vectors are columns, so a weight
that the package multiplies from the right, x Wx, stands here as Wx.T @ x. A gradient is
accumulated where its weight is used, by the chain rule of that one line.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def norm(a, gain):
    """Layer normalisation of one vector, and its whole Jacobian."""
    deviation = np.sqrt(((a - a.mean()) ** 2).mean() + 1e-5)
    y = (a - a.mean()) / deviation
    N = len(a)
    jacobian = (np.eye(N) - np.ones((N, N)) / N - np.outer(y, y) / N) / deviation
    return gain * y, (y, gain, jacobian)


class Product:
    """columns of Wh times the past, of which some may be dropped; normalised if there is a gain."""

    def __init__(self, w, columns, h, mask):
        self.w, self.columns, self.read, self.mask = w, columns, h * mask, mask
        self.out = w["Wh"][:, columns].T @ self.read
        if "gh" in w:
            self.out, (self.y, self.gain, self.jacobian) = norm(self.out, w["gh"][columns])

    def back(self, g, d):
        if "gh" in self.w:
            g["gh"][self.columns] += d * self.y
            d = self.jacobian.T @ (d * self.gain)
        g["Wh"][:, self.columns] += np.outer(self.read, d)
        return self.mask * (self.w["Wh"][:, self.columns] @ d)


class Rnn:
    """h' = f(z + Wh h), with f = tanh or relu."""

    gates: ClassVar[dict[str, int]] = {}  # the places of the gates in what `step` caches

    def __init__(self, activation="tanh"):
        self.activation = activation

    def step(self, w, z, state, mask=1.0):
        (h,) = state
        wh = Product(w, slice(None), h, mask)
        a = z + wh.out
        new = np.tanh(a) if self.activation == "tanh" else np.where(a > 0, a, 0.0)
        return (new,), (wh, a, new)

    def back(self, w, g, dstate, cache):
        (dh,), (wh, a, new) = dstate, cache
        da = dh * (1 - new**2) if self.activation == "tanh" else dh * (a > 0)
        return da, (wh.back(g, da),)


class Lstm:
    """i, f, o = sigmoid, g = tanh of z + Wh h;  c' = f c + i g;  h' = o tanh(c').

    With peepholes i and f also see c, and o sees c'; by a vector or by a matrix.
    """

    gates: ClassVar[dict[str, int]] = {"i": 2, "f": 3, "o": 4, "g": 5}

    def step(self, w, z, state, mask=1.0):
        h, c = state
        wh = Product(w, slice(None), h, mask)
        ai, af, ao, ag = np.split(z + wh.out, 4)
        i, f, g = sigmoid(ai + see(w, "pi", c)), sigmoid(af + see(w, "pf", c)), np.tanh(ag)
        c_new = f * c + i * g
        o = sigmoid(ao + see(w, "po", c_new))
        h_new = o * np.tanh(c_new)
        return (h_new, c_new), (wh, c, i, f, o, g, c_new)

    def back(self, w, grad, dstate, cache):
        (dh, dc), (wh, c, i, f, o, g, c_new) = dstate, cache
        dao = dh * np.tanh(c_new) * o * (1 - o)
        dc = dc + dh * o * (1 - np.tanh(c_new) ** 2) + see_back(w, grad, "po", c_new, dao)
        dai, daf = dc * g * i * (1 - i), dc * c * f * (1 - f)
        dag = dc * i * (1 - g**2)
        dc_old = dc * f + see_back(w, grad, "pi", c, dai) + see_back(w, grad, "pf", c, daf)
        da = np.concatenate([dai, daf, dao, dag])
        return da, (wh.back(grad, da), dc_old)


def see(w, name, c):
    if name not in w:
        return 0.0
    return w[name] * c if w[name].ndim == 1 else w[name].T @ c


def see_back(w, grad, name, c, d):
    if name not in w:
        return 0.0
    grad[name] += d * c if w[name].ndim == 1 else np.outer(c, d)
    return w[name] * d if w[name].ndim == 1 else w[name] @ d


class GruBefore:
    """r, u = sigmoid(z + Wh h);  n = tanh(z_n + U (r h));  h' = (1 - u) h + u n."""

    gates: ClassVar[dict[str, int]] = {"r": 3, "z": 4, "n": 5}

    def step(self, w, z, state, mask=1.0):
        (h,) = state
        H = len(h)
        wh = Product(w, slice(2 * H), h, mask)
        r, u = np.split(sigmoid(z[: 2 * H] + wh.out), 2)
        U = Product(w, slice(2 * H, 3 * H), r * h, mask)
        n = np.tanh(z[2 * H :] + U.out)
        return ((1 - u) * h + u * n,), (wh, U, h, r, u, n)

    def back(self, w, g, dstate, cache):
        (dh_new,), (wh, U, h, r, u, n) = dstate, cache
        dn, du, dh = dh_new * u, dh_new * (n - h), dh_new * (1 - u)
        dan = dn * (1 - n**2)
        drh = U.back(g, dan)
        dr = drh * h
        dar, dau = dr * r * (1 - r), du * u * (1 - u)
        dh = dh + drh * r + wh.back(g, np.concatenate([dar, dau]))
        return np.concatenate([dar, dau, dan]), (dh,)


class GruAfter:
    """As before, but n = tanh(z_n + r (U h + bh))."""

    gates: ClassVar[dict[str, int]] = {"r": 3, "z": 4, "n": 6}

    def step(self, w, z, state, mask=1.0):
        (h,) = state
        H = len(h)
        wh = Product(w, slice(2 * H), h, mask)
        U = Product(w, slice(2 * H, 3 * H), h, mask)
        r, u = np.split(sigmoid(z[: 2 * H] + wh.out), 2)
        q = U.out + w["bh"]
        n = np.tanh(z[2 * H :] + r * q)
        return ((1 - u) * h + u * n,), (wh, U, h, r, u, q, n)

    def back(self, w, g, dstate, cache):
        (dh_new,), (wh, U, h, r, u, q, n) = dstate, cache
        dan = dh_new * u * (1 - n**2)
        dar = dan * q * r * (1 - r)
        dau = dh_new * (n - h) * u * (1 - u)
        dq = dan * r
        g["bh"] += dq
        dh = dh_new * (1 - u) + wh.back(g, np.concatenate([dar, dau])) + U.back(g, dq)
        return np.concatenate([dar, dau, dan]), (dh,)


ORACLES = {  # by the name of the package's class; each is made from the cell's options alone
    "Rnn": lambda cell: Rnn(cell.activation),
    "Lstm": lambda cell: Lstm(),
    "Gru": lambda cell: GruBefore() if cell.reset == "before" else GruAfter(),
}


def cell_for(cell):
    """The oracle of a cell of the package."""
    return ORACLES[type(cell).__name__](cell)


def scope(arrays, k):
    prefix = f"layers.{k}."
    return {name[len(prefix) :]: a for name, a in arrays.items() if name.startswith(prefix)}


@dataclass
class Masks:
    """What the noise of a chunk came out as. None: there is none of that kind."""

    outputs: list  # (T, B, H) a layer: multiplies what is handed upward
    inputs: object = None  # (T, B): multiplies what is read of a character
    past: list = field(default_factory=list)  # (B, H) a layer: multiplies the h that is read
    weights: list = field(default_factory=list)  # (H, G*H) a layer: multiplies Wh
    held: list = field(default_factory=list)  # a layer: (T, B, H) a state, the share that stays

    def of(self, kind, k, *place):
        """The factors of layer `k`, or 1."""
        masks = getattr(self, kind)
        return 1.0 if not masks or masks[k] is None else masks[k][place]


@dataclass
class Counting:
    """Which targets count, and how: from the step `skip` on, times `weights` (T, B), smoothed."""

    skip: int = 0
    weights: object = None
    smoothing: float = 0.0

    def of(self, t, b):
        return 0.0 if t < self.skip else 1.0 if self.weights is None else self.weights[t, b]


NO_MASKS, ALL = Masks([]), Counting()


def loss_and_grads(model, p, x, y, state=None, masks=NO_MASKS, counting=ALL):
    """Mean loss of a chunk (T, B), the gradient of every weight, and the state after every step.

    `state` is a tuple of tuples of (B, H), or None for the initial state.
    """
    grads = {name: np.zeros_like(w) for name, w in p.items()}
    dropped = dict(p)
    for k in range(len(model.cells)):
        dropped[f"layers.{k}.Wh"] = p[f"layers.{k}.Wh"] * masks.of("weights", k, ...)
    T, B = x.shape
    n = (T - counting.skip) * B
    states, total = [], 0.0
    for b in range(B):
        start = None if state is None else [tuple(a[b] for a in layer) for layer in state]
        loss, track = _track(model, dropped, grads, x[:, b], y[:, b], start, masks, counting, b, n)
        total += loss
        states.append(track)
    for k in range(len(model.cells)):
        grads[f"layers.{k}.Wh"] *= masks.of("weights", k, ...)
    after = [
        tuple(
            tuple(np.stack([states[b][t][k][j] for b in range(B)]) for j in range(len(cell.states)))
            for k, cell in enumerate(model.cells)
        )
        for t in range(T)
    ]
    return total, grads, after


def _track(model, p, grads, x, y, start, masks, counting, b, n):
    """One track: forward through time, then back through time."""
    cells = [cell_for(cell) for cell in model.cells]
    H, zeros = model.cells[0].hidden_size, np.zeros(model.cells[0].hidden_size)
    initial = start is None
    if initial:
        start = [
            tuple(p.get(f"layers.{k}.{name}0", zeros) for name in cell.states)
            for k, cell in enumerate(model.cells)
        ]
    E, V, s = p.get("embedding"), model.vocab_size, counting.smoothing
    Wy = E.T if model.tied else p["head.Wy"]
    states, memory, loss, after = list(start), [], 0.0, []

    for t, character in enumerate(x):
        one_hot = np.eye(V)[character]
        value = one_hot if E is None else E.T @ one_hot
        inputs, caches = [], []
        for k, cell in enumerate(cells):
            w = scope(p, k)
            a, normed = w["Wx"].T @ value, None
            if "gx" in w:
                a, normed = norm(a, w["gx"])
            kept = 1.0 if k or masks.inputs is None else masks.inputs[t, b]
            inputs.append((value, normed, kept))
            old = states[k]
            new, cache = cell.step(w, kept * a + w["b"], old, masks.of("past", k, b))
            held = [h[t, b] for h in masks.held[k]] if masks.held else [0.0] * len(new)
            states[k] = tuple(m * o + (1 - m) * v for m, o, v in zip(held, old, new, strict=True))
            caches.append((cache, held))
            value = states[k][0] * masks.of("outputs", k, t, b)
        after.append(list(states))
        logits = Wy.T @ value + p["head.by"]
        prob = np.exp(logits) / np.exp(logits).sum()
        wanted = (1 - s) * np.eye(V)[y[t]] + s / V
        loss += -(wanted * np.log(prob)).sum() * counting.of(t, b) / n
        memory.append((one_hot, inputs, caches, value, prob, wanted))

    dstates = [tuple(np.zeros(H) for _ in cell.states) for cell in model.cells]
    for t in reversed(range(len(x))):
        one_hot, inputs, caches, value, prob, wanted = memory[t]
        dlogits = (prob - wanted) * counting.of(t, b) / n
        grads["head.by"] += dlogits
        if model.tied:
            grads["embedding"] += np.outer(dlogits, value)
        else:
            grads["head.Wy"] += np.outer(value, dlogits)
        dvalue = Wy @ dlogits
        for k in reversed(range(len(cells))):
            w, g = scope(p, k), scope(grads, k)
            cache, held = caches[k]
            d = [dvalue * masks.of("outputs", k, t, b) + dstates[k][0], *dstates[k][1:]]
            d_new = tuple((1 - m) * a for m, a in zip(held, d, strict=True))
            dz, d_old = cells[k].back(w, g, d_new, cache)
            dstates[k] = tuple(m * a + o for m, a, o in zip(held, d, d_old, strict=True))
            below, normed, kept = inputs[k]
            g["b"] += dz
            dz = kept * dz
            if normed is not None:
                y_normed, gain, jacobian = normed
                g["gx"] += dz * y_normed
                dz = jacobian.T @ (dz * gain)
            g["Wx"] += np.outer(below, dz)
            dvalue = w["Wx"] @ dz
        if E is not None:
            grads["embedding"] += np.outer(one_hot, dvalue)

    if initial and model.learn_initial_state:
        for k, cell in enumerate(model.cells):
            for name, d in zip(cell.states, dstates[k], strict=True):
                grads[f"layers.{k}.{name}0"] += d
    return loss, after


def sgd(w, grads, lr, **_):
    for g in grads:
        w = w - lr * g
    return w


def momentum(w, grads, lr, momentum, **_):
    v = np.zeros_like(w)
    for g in grads:
        v = momentum * v + g
        w = w - lr * v
    return w


def adagrad(w, grads, lr, eps, **_):
    s = np.zeros_like(w)
    for g in grads:
        s = s + g**2
        w = w - lr * g / (np.sqrt(s) + eps)
    return w


def rmsprop(w, grads, lr, decay, eps, **_):
    s = np.zeros_like(w)
    for g in grads:
        s = decay * s + (1 - decay) * g**2
        w = w - lr * g / (np.sqrt(s) + eps)
    return w


def adam(w, grads, lr, beta1, beta2, eps, is_matrix, weight_decay=0.0, **_):
    """With a weight decay AdamW, which decays matrices alone."""
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(grads, start=1):
        if is_matrix:
            w = w - lr * weight_decay * w
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        w = w - lr * m_hat / (np.sqrt(v_hat) + eps)
    return w


RULES = {  # the published formulas of the optimizers, entry by entry; keywords are their options
    "sgd": sgd,
    "momentum": momentum,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adam,
}
