"""Make the golden numbers of PyTorch: python -m tests.golden.make_torch

Run it where PyTorch is installed: torch.npz was made with torch 2.13.0 (pip install torch==2.13.0),
float64, one thread. It holds PyTorch's parameters under PyTorch's names, inputs, and what PyTorch
computes from them: the loss, the last states, the gradients, and, from a state of zeros, the norms
of the last loss's gradients by earlier states; and the weights after some steps of its optimizers.
Every installation compares with the file; where PyTorch is installed, so does that PyTorch.
"""

from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("torch.npz")
V, T, B, H = 7, 12, 3, 4  # symbols, steps, tracks, hidden units
LAYERS = (1, 2, 3)
LAGS = (1, 3, 11)  # steps before the last one whose states' gradients are computed
STEPS = 7
NETWORKS: dict[str, tuple[str, dict[str, str]]] = {
    "rnn-tanh": ("RNN", {"nonlinearity": "tanh"}),
    "rnn-relu": ("RNN", {"nonlinearity": "relu"}),
    "lstm": ("LSTM", {}),
    "gru-after": ("GRU", {}),
}
OPTIMIZERS: dict[str, tuple[str, dict[str, float]]] = {
    "sgd": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.9}),
    "adagrad": ("Adagrad", {"eps": 1e-8}),
    "rmsprop": ("RMSprop", {"alpha": 0.95, "eps": 1e-8}),
    "adam": ("Adam", {}),
    "adamw": ("AdamW", {"weight_decay": 0.01}),
}

Arrays = dict[str, np.ndarray]


def network_inputs(name: str, layers: int) -> Arrays:
    """Random parameters, one text and an initial state of a network."""
    rng = np.random.default_rng([layers, *name.encode()])
    G = {"RNN": 1, "LSTM": 4, "GRU": 3}[NETWORKS[name][0]]
    inputs: Arrays = {}
    for k in range(layers):
        shapes = {"weight_ih": (G * H, H if k else V), "weight_hh": (G * H, H)}
        shapes |= {"bias_ih": (G * H,), "bias_hh": (G * H,)}
        inputs |= {f"{kind}_l{k}": rng.normal(0.0, 0.4, shape) for kind, shape in shapes.items()}
    inputs |= {"weight": rng.normal(0.0, 0.4, (V, H)), "bias": rng.normal(0.0, 0.4, V)}
    inputs["text"] = rng.integers(V, size=(T + 1, B))
    inputs["h0"] = rng.normal(0.0, 0.5, (layers, B, H))
    if G == 4:
        inputs["c0"] = rng.normal(0.0, 0.5, (layers, B, H))
    return inputs


def network_answers(name: str, inputs: Arrays) -> Arrays:
    """What PyTorch computes: loss, last states, gradients by parameter, norms by lag."""
    import torch

    torch.set_num_threads(1)
    kind, options = NETWORKS[name]
    net = getattr(torch.nn, kind)(V, H, len(inputs["h0"]), dtype=torch.float64, **options)
    head = torch.nn.Linear(H, V, dtype=torch.float64)
    for module in (net, head):
        module.load_state_dict({k: torch.tensor(inputs[k]) for k in module.state_dict()})
    x = torch.nn.functional.one_hot(torch.tensor(inputs["text"][:-1]), V).double()
    y = torch.tensor(inputs["text"][1:])
    start = tuple(torch.tensor(inputs[k]) for k in ("h0", "c0") if k in inputs)

    def run(x: Any, states: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        out, end = net(x, states if len(states) > 1 else states[0])
        return head(out), end if isinstance(end, tuple) else (end,)

    def cross_entropy(logits: Any, targets: Any, reduction: str) -> Any:
        flat = logits.reshape(-1, V), targets.reshape(-1)
        return torch.nn.functional.cross_entropy(*flat, reduction=reduction)

    logits, end = run(x, start)
    loss = cross_entropy(logits, y, "mean")
    loss.backward()
    answers = {"loss": loss.item()}
    answers |= {f"end/{k}": state.detach().numpy() for k, state in enumerate(end)}
    parameters = [*net.named_parameters(), *head.named_parameters()]
    answers |= {f"grad/{k}": w.grad.numpy().copy() for k, w in parameters}
    for lag in LAGS:
        rest = tuple(torch.zeros_like(state) for state in start)
        states = tuple(s.detach().requires_grad_() for s in run(x[:-lag], rest)[1])
        logits, _ = run(x[-lag:], states)
        cross_entropy(logits[-1], y[-1], "sum").backward()
        for k, state in enumerate(states):
            answers[f"norms/{lag}/{k}"] = state.grad.norm(dim=2).numpy()
    return {k: np.asarray(value) for k, value in answers.items()}


def optimizer_inputs() -> Arrays:
    """Weights, and a gradient for each step."""
    rng = np.random.default_rng(0)
    return {"weights": rng.normal(size=(6, 4)), "gradients": rng.normal(size=(STEPS, 6, 4))}


def optimizer_answers(name: str, inputs: Arrays) -> Arrays:
    """The weights after the last step of PyTorch's optimizer, learning rate 0.01."""
    import torch

    kind, options = OPTIMIZERS[name]
    w = torch.tensor(inputs["weights"], requires_grad=True)
    optimizer = getattr(torch.optim, kind)([w], lr=0.01, **options)
    for gradient in inputs["gradients"]:
        w.grad = torch.tensor(gradient)
        optimizer.step()
    return {"after": w.detach().numpy()}


def stored(case: str) -> Arrays:
    """The arrays of one case in the file."""
    prefix = f"{case}:"
    with np.load(FILE, allow_pickle=False) as file:
        return {k.removeprefix(prefix): file[k] for k in file.files if k.startswith(prefix)}


def make() -> Arrays:
    cases = {f"{name} {n}": (name, network_inputs(name, n)) for name in NETWORKS for n in LAYERS}
    arrays = {
        f"{case}:{k}": array
        for case, (name, inputs) in cases.items()
        for k, array in {**inputs, **network_answers(name, inputs)}.items()
    }
    for name in OPTIMIZERS:
        inputs = optimizer_inputs()
        for k, array in {**inputs, **optimizer_answers(name, inputs)}.items():
            arrays[f"{name}:{k}"] = array
    return arrays


if __name__ == "__main__":
    np.savez_compressed(FILE, **make())
