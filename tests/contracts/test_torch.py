"""Where PyTorch has the same network, forward and gradients agree to 1e-10 in float64."""

import numpy as np
import pytest

from charrnn.nn.cells import Gru, Lstm, Rnn
from charrnn.nn.chunk import Chunk
from charrnn.nn.model import CharModel
from tests.contracts.networks import FLOAT64, B, H, T, V, chunk, random_state, weights

torch = pytest.importorskip("torch")

NETWORKS = {
    "rnn-tanh": (Rnn(H), "RNN", {"nonlinearity": "tanh"}),
    "rnn-relu": (Rnn(H, activation="relu"), "RNN", {"nonlinearity": "relu"}),
    "lstm": (Lstm(H), "LSTM", {}),
    "gru-after": (Gru(H, reset="after"), "GRU", {}),
}


def reorder(name: str, w: np.ndarray) -> np.ndarray:
    """Our gates, side by side on the last axis, in PyTorch's order; its z is our 1 - z."""
    if name == "lstm":
        i, f, o, g = np.split(w, 4, axis=-1)
        return np.concatenate([i, f, g, o], axis=-1)
    if name == "gru-after":
        r, z, n = np.split(w, 3, axis=-1)
        return np.concatenate([r, -z, n], axis=-1)
    return w


def theirs(name: str, p, layers: int):
    """PyTorch's network and head with our weights."""
    _, kind, options = NETWORKS[name]
    net = getattr(torch.nn, kind)(V, H, layers, dtype=torch.float64, **options)
    head = torch.nn.Linear(H, V, dtype=torch.float64)
    with torch.no_grad():
        for k in range(layers):
            w = p.scope(f"layers.{k}")
            pairs = {"weight_ih": w["Wx"], "weight_hh": w["Wh"], "bias_ih": w["b"]}
            for theirs_name, ours in pairs.items():
                value = reorder(name, ours).T.copy()
                getattr(net, f"{theirs_name}_l{k}").copy_(torch.tensor(value))
            bias = getattr(net, f"bias_hh_l{k}")
            bias.zero_()
            if "bh" in w:
                bias[2 * H :] = torch.tensor(w["bh"])
        head.weight.copy_(torch.tensor(p["head.Wy"].T.copy()))
        head.bias.copy_(torch.tensor(p["head.by"]))
    return net, head


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("name", NETWORKS)
def test_loss_state_and_gradients_agree(name: str, layers: int) -> None:
    torch.set_num_threads(1)
    cell = NETWORKS[name][0]
    model = CharModel(V, (cell,) * layers)
    p, (x, y) = weights(model), chunk()
    state = tuple(random_state(cell, k) for k in range(layers))
    g, tape = p.like(), model.tape(T, B, FLOAT64)
    loss, last = model.loss_and_grads(p, g, Chunk(x, y), state, tape)

    net, head = theirs(name, p, layers)
    h0, *c0 = (torch.tensor(np.stack(column)) for column in zip(*state, strict=True))
    one_hot = torch.nn.functional.one_hot(torch.tensor(x), V).double()
    out, end = net(one_hot, (h0, *c0) if c0 else h0)
    their_loss = torch.nn.functional.cross_entropy(
        head(out).reshape(-1, V), torch.tensor(y.ravel())
    )
    their_loss.backward()

    assert loss == pytest.approx(their_loss.item(), rel=1e-12)
    ends = end if isinstance(end, tuple) else (end,)
    for column, theirs_end in zip(zip(*last, strict=True), ends, strict=True):
        np.testing.assert_allclose(np.stack(column), theirs_end.detach().numpy(), atol=1e-10)
    for k in range(layers):
        d = g.scope(f"layers.{k}")
        for their_name, ours in (("weight_ih", "Wx"), ("weight_hh", "Wh"), ("bias_ih", "b")):
            grad = getattr(net, f"{their_name}_l{k}").grad.numpy().T
            np.testing.assert_allclose(reorder(name, d[ours]), grad, atol=1e-10, err_msg=ours)
        if "bh" in d:
            grad = getattr(net, f"bias_hh_l{k}").grad.numpy()[2 * H :]
            np.testing.assert_allclose(d["bh"], grad, atol=1e-10)
    np.testing.assert_allclose(g["head.Wy"], head.weight.grad.numpy().T, atol=1e-10)
    np.testing.assert_allclose(g["head.by"], head.bias.grad.numpy(), atol=1e-10)
