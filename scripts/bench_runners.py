"""What scripts/bench.py measures, one process each: a runner's name and its task, as JSON.

Each prints one JSON object. Nothing is imported before it is needed, because memory is measured.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

WARM_UP = 3  # steps


def charrnn(task: dict[str, Any]) -> dict[str, Any]:
    """Train as `charrnn train` does, run directory and all, and look at the clock at every step."""
    begun = time.perf_counter()
    from charrnn import api
    from charrnn.training.events import Started, Stepped

    cell = "{name: gru, reset: after}" if task["cell"] == "gru" else task["cell"]
    with tempfile.TemporaryDirectory() as folder:
        config = api.parse_config(
            f"""
            data: {{path: {task["path"]}, split: [1, 0, 0]}}
            model: {{cell: {cell}, num_layers: {task["layers"]}, hidden_size: {task["hidden"]}}}
            optimizer: {task["optimizer"]}
            train: {{batch_size: {task["batch"]}, seq_length: {task["seq"]},
                     workers: {task["workers"]}, max_minutes: {task["seconds"] / 60}}}
            output: {{dir: {folder}/run, checkpoint_every: 1000000000}}
            """,
            "bench.yaml",
        )
        ticks = []
        for event in api.train(config):
            if isinstance(event, Started):
                started = event
            if isinstance(event, Stepped):
                ticks.append(time.perf_counter())
    chars = started.train_chars / started.steps_per_epoch
    return {
        **rate(ticks, chars),
        "vocab_size": started.vocab_size,
        "to_first_step": ticks[0] - begun,
        "workers": started.workers,
    }


def torch(task: dict[str, Any]) -> dict[str, Any]:
    """The same by PyTorch's modules, as its own examples write it."""
    import os

    import numpy as np
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]) if task["workers"] != 1 else 1)
    text = np.frombuffer(Path(task["path"]).read_bytes(), np.uint8)
    symbols, ids = np.unique(text, return_inverse=True)
    V, H, L, B, T = len(symbols), task["hidden"], task["layers"], task["batch"], task["seq"]
    length = (len(ids) - 1) // B
    tracks = torch.from_numpy(np.stack([ids[b * length :][: length + 1] for b in range(B)], axis=1))
    layers = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[task["cell"]](
        V, H, L
    )
    head = torch.nn.Linear(H, V)
    parameters = [*layers.parameters(), *head.parameters()]
    rule = {"adam": torch.optim.Adam, "adagrad": torch.optim.Adagrad}[task["optimizer"]]
    optimizer = rule(parameters, lr=0.002)
    state, ticks, k = None, [], 0
    end = time.perf_counter() + task["seconds"]
    while time.perf_counter() < end or len(ticks) < WARM_UP + 2:
        start = k % (length // T) * T
        state = state if start else None
        window = tracks[start : start + T + 1]
        one_hot = torch.nn.functional.one_hot(window[:-1], V).float()
        outputs, state = layers(one_hot, state)
        loss = torch.nn.functional.cross_entropy(head(outputs).view(-1, V), window[1:].reshape(-1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        loss.item()
        ticks.append(time.perf_counter())
        k += 1
    return {**rate(ticks, B * T), "vocab_size": V}


def rate(ticks: list[float], chars: float) -> dict[str, float]:
    """Characters a second of the median step, the first ones left out."""
    steps = [b - a for a, b in zip(ticks[WARM_UP:], ticks[WARM_UP + 1 :], strict=False)]
    return {"chars_per_second": chars / median(steps or [ticks[-1] - ticks[-2]])}


def charrnn_sampling(task: dict[str, Any]) -> dict[str, Any]:
    """charrnn's own generator, ids to text included."""
    import numpy as np

    from charrnn.nn.cells import Lstm
    from charrnn.nn.initializers import Default
    from charrnn.nn.model import CharModel
    from charrnn.sampling import generate

    model = CharModel(65, (Lstm(task["hidden"]),) * task["layers"])
    p = model.init(1, Default(), np.dtype(np.float32))
    drawn = generate(model, p, np.array([1]), count=task["streams"])
    return sampled(lambda: next(drawn), task)


def torch_sampling(task: dict[str, Any]) -> dict[str, Any]:
    import os

    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    V, H = 65, task["hidden"]
    layers, head = torch.nn.LSTM(V, H, task["layers"]), torch.nn.Linear(H, V)
    x = torch.zeros(1, task["streams"], dtype=torch.long)
    state = None

    def step() -> None:
        nonlocal x, state
        outputs, state = layers(torch.nn.functional.one_hot(x, V).float(), state)
        x = torch.multinomial(torch.softmax(head(outputs[0]), dim=-1), 1).T
        x.tolist()

    with torch.inference_mode():
        return sampled(step, task)


def sampled(step: Callable[[], object], task: dict[str, Any]) -> dict[str, Any]:
    for _ in range(50):
        step()
    begun, n = time.perf_counter(), 0
    while time.perf_counter() < begun + task["seconds"]:
        for _ in range(50):
            step()
        n += 50
    return {"chars_per_second": n * task["streams"] / (time.perf_counter() - begun)}


def peak(task: dict[str, Any]) -> dict[str, Any]:
    """GFLOP/s of large products with as many threads as BLAS is told to use."""
    import numpy as np

    a = np.ones((1500, 1500), np.float32)
    out = np.empty_like(a)
    seconds = []
    for _ in range(12):
        begun = time.perf_counter()
        np.matmul(a, a, out=out)
        seconds.append(time.perf_counter() - begun)
    return {"gflops": 2 * 1500**3 / median(seconds) / 1e9}


def products(task: dict[str, Any]) -> dict[str, Any]:
    """GFLOP/s of one product by each kind that there is here."""
    import numpy as np

    from charrnn.nn.kernels import KERNELS, installed
    from charrnn.nn.kernels.plain import Plain

    R, K, N, dtype = task["R"], task["K"], task["N"], np.dtype(np.float32)
    x, w, out = np.ones((R, K), dtype), np.ones((K, N), dtype), np.empty((R, N), dtype)
    kinds = {"plain": Plain(K, N, dtype)}
    kinds |= {name: KERNELS[name]().product(R, K, N, dtype) for name in installed()}
    found = {}
    for name, product in kinds.items():
        product.prepare(w)
        seconds = []
        for _ in range(300):
            begun = time.perf_counter()
            product(x, out)
            seconds.append(time.perf_counter() - begun)
        found[name] = 2 * R * K * N / median(seconds) / 1e9
    return found


def random_text(task: dict[str, Any]) -> dict[str, Any]:
    """Characters that are all equally likely; large ones repeat a block of a few MB."""
    import numpy as np

    symbols = np.arange(48, 48 + task["alphabet"], dtype=np.uint8)
    block = np.random.default_rng(0).choice(symbols, size=min(task["characters"], 4_000_000))
    with Path(task["path"]).open("wb") as file:
        for start in range(0, task["characters"], len(block)):
            file.write(block[: task["characters"] - start].tobytes())
    return {}


def small_model(task: dict[str, Any]) -> dict[str, Any]:
    """A trained quickstart-sized network, to sample from."""
    from charrnn import api

    data = Path(__file__).parents[1] / "data" / "fables.txt"
    config = api.parse_config(
        f"data: {{path: {data}}}\ntrain: {{max_steps: 1, max_epochs: null}}\n"
        f"output: {{dir: {task['run']}}}\n",
        "bench.yaml",
    )
    for _ in api.train(config, force=True):
        pass
    return {}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](json.loads(sys.argv[2]))))
