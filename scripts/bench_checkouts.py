"""Did a change make training slower? Two checkouts in one process, their steps in turn.

    python scripts/bench_checkouts.py ../before . --seconds 10 --kernels numpy

A pair is one forward and backward pass of each over the same chunk, immediately after each other
and in alternating order, so a machine that is busy or throttled slows both. A row is the median of
the pairs' ratios of time, after over before: below 1 is faster. Run it with OMP_NUM_THREADS=1. The
first edition's layout of the package (no charrnn/nn) is understood, too.
"""

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import numpy as np
from bench import GRID

V = 65


class Checkout:
    """The package of one folder, which is in sys.modules only while it is in use."""

    def __init__(self, root: str) -> None:
        folder = Path(root).resolve()
        self.nn = "charrnn.nn" if (folder / "charrnn/nn").is_dir() else "charrnn"
        self.modules: dict[str, ModuleType] = {}
        sys.path.insert(0, str(folder))
        with self.in_use():
            if not str(importlib.import_module("charrnn").__file__).startswith(str(folder)):
                raise SystemExit(f"{root}: not a checkout of charrnn")
            for name in ("model", "cells", "initializers", "kernels"):
                self.module(name)
        sys.path.pop(0)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        others = {name: module for name, module in sys.modules.items() if _is_ours(name)}
        for name in others:
            del sys.modules[name]
        sys.modules.update(self.modules)
        try:
            yield
        finally:
            self.modules = {n: sys.modules.pop(n) for n in list(sys.modules) if _is_ours(n)}
            sys.modules.update(others)

    def module(self, name: str) -> Any:
        return importlib.import_module(f"{self.nn}.{name}")

    def step(self, task: dict[str, Any], kernels: str) -> Callable[[], object]:
        """A forward and backward pass of the task's network over one chunk of random ids."""
        float32, B, T = np.dtype(np.float32), task["batch"], task["seq"]
        cell = self.module("cells").CELLS[task["cell"]](task["hidden"])
        model = self.module("model").CharModel(V, (cell,) * task["layers"])
        p = model.init(1, self.module("initializers").Default(), float32)
        g, tape = p.like(), model.tape(T, B, float32, self.module("kernels").KERNELS[kernels]())
        ids = np.random.default_rng(0).integers(V, size=(T + 1, B))
        chunk = (ids[:-1], ids[1:])
        if self.nn != "charrnn":
            chunk = (self.module("chunk").Chunk(*chunk),)
        return lambda: model.loss_and_grads(p, g, *chunk, None, tape)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == "charrnn"


def seconds_of(checkout: Checkout, step: Callable[[], object]) -> float:
    with checkout.in_use():
        begun = time.perf_counter()
        step()
        return time.perf_counter() - begun


def ratios(
    before: Checkout, after: Checkout, task: dict[str, Any], kernels: str, seconds: float
) -> list[float]:
    """Time after over time before, pair by pair, for some seconds and for six pairs at least."""
    pair = []
    for checkout in (before, after):
        with checkout.in_use():
            pair.append((checkout, checkout.step(task, kernels)))
    for checkout, step in pair:
        seconds_of(checkout, step)
    measured: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(measured) < 6:
        order = (0, 1) if len(measured) % 2 else (1, 0)
        times = {k: seconds_of(*pair[k]) for k in order}
        measured.append(times[1] / times[0])
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", help="folder of one checkout")
    parser.add_argument("after", help="folder of the other")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each network")
    parser.add_argument("--kernels", default="numpy", help="the kernel set of both")
    options = parser.parse_args()
    before, after = Checkout(options.before), Checkout(options.after)
    for task in GRID:
        measured = ratios(before, after, task, options.kernels, options.seconds)
        network = "{cell} {layers}x{hidden}, B{batch} T{seq}".format(**task)
        print(f"{network:22}  {median(measured):.3f}  ({len(measured)} pairs)", flush=True)


if __name__ == "__main__":
    main()
