#!/usr/bin/env python
"""Measure the speed of charrnn, and of PyTorch where it is installed.

    python scripts/bench.py                       everything, about twenty minutes
    python scripts/bench.py training --rounds 5   one section, more rounds
    python scripts/bench.py --json bench.json     also write the numbers

Each network is trained by charrnn (with each installed kernel set) and by PyTorch, in turn, a few
seconds at a time, for several rounds. A figure is the median of the rounds, and a ratio the median
of the rounds' ratios, so a machine that is busy for a while slows both alike. Text, network, batch,
sequence length, optimizer, clipping and cores are the same. The whole loop is measured, from the
text's characters to updated weights. Next to each speed is the share of this machine's fastest
matrix product (measured in the same rounds) that the network's own products reach.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from bench_table import tables

from charrnn.nn.kernels import installed
from charrnn.parallel.layout import usable_cores

ROOT = Path(__file__).parents[1]
RUNNERS = Path(__file__).with_name("bench_runners.py")
CORES = usable_cores()
GRID = [
    {"cell": cell, "layers": L, "hidden": H, "batch": B, "seq": T, "optimizer": "adam"}
    for cell in ("lstm", "gru", "rnn")
    for L, H, B, T in ((1, 128, 50, 50), (2, 128, 50, 50), (2, 256, 50, 50), (1, 512, 50, 50),
                       (3, 512, 64, 100))
]  # fmt: skip
MIN_CHAR_RNN = {
    "cell": "rnn", "layers": 1, "hidden": 100, "batch": 1, "seq": 25, "optimizer": "adagrad",
}  # fmt: skip


def run(runner: str, task: dict[str, Any], **environment: str) -> dict[str, Any]:
    """One runner in a process of its own; adds its peak memory in MB."""
    process = subprocess.Popen(
        [sys.executable, str(RUNNERS), runner, json.dumps(task)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{runner} failed")
    return {**json.loads(out), "megabytes": usage.ru_maxrss / 1024}


def contenders() -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
    """Who trains: charrnn by kernel set, and PyTorch."""

    def charrnn(kernels: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda task: run("charrnn", task, CHARRNN_KERNELS=kernels, OMP_NUM_THREADS="1")

    found = {name: charrnn(name) for name in installed()}
    if find_spec("torch"):
        found["torch"] = lambda task: run("torch", task, OMP_NUM_THREADS=str(CORES))
    return found


def flops_per_char(task: dict[str, Any], V: int) -> float:
    """Of the matrix products that a network cannot do without: forward, and twice that back."""
    G, H = {"lstm": 4, "gru": 3, "rnn": 1}[task["cell"]], task["hidden"]
    weights = G * H * H * (2 * task["layers"] - 1) + H * V
    return 6.0 * weights


def training(rounds: int, seconds: float, folder: Path) -> list[dict[str, Any]]:
    """The grid, and min-char-rnn's shape, on random characters and on a real text."""
    texts = {"random": folder / "random.txt", "fables": ROOT / "data" / "fables.txt"}
    run("random_text", {"path": str(texts["random"]), "characters": 500_000, "alphabet": 65})
    tasks = [*((task, "random") for task in (*GRID, MIN_CHAR_RNN)), (GRID[1], "fables")]
    return [train_one(task, name, str(texts[name]), rounds, seconds) for task, name in tasks]


def train_one(
    task: dict[str, Any], text: str, path: str, rounds: int, seconds: float
) -> dict[str, Any]:
    chars: dict[str, list[float]] = {name: [] for name in contenders()}
    peaks, vocabulary = [], 0
    for _ in range(rounds):
        for name, train in contenders().items():
            told = train({**task, "path": path, "seconds": seconds, "workers": "auto"})
            chars[name].append(told["chars_per_second"])
            vocabulary = told["vocab_size"]
        peaks.append(run("peak", {}, OMP_NUM_THREADS=str(CORES))["gflops"])
    row: dict[str, Any] = {**task, "text": text, "peak_gflops": median(peaks)}
    for name, rates in chars.items():
        row[name] = median(rates)
        row[f"{name}_of_peak"] = median(
            rate * flops_per_char(task, vocabulary) / peak / 1e9
            for rate, peak in zip(rates, peaks, strict=True)
        )
        if "torch" in chars and name != "torch":
            row[f"{name}_ratio"] = median(
                ours / theirs for ours, theirs in zip(rates, chars["torch"], strict=True)
            )
    say("{cell} {layers}x{hidden} {text}: ".format(**row) + str({k: round(row[k]) for k in chars}))
    return row


def sampling(rounds: int, seconds: float, folder: Path) -> list[dict[str, Any]]:
    """LSTM 2x128, one stream and 64."""
    rows = []
    for streams in (1, 64):
        task = {"streams": streams, "hidden": 128, "layers": 2, "seconds": seconds}
        row: dict[str, Any] = {"streams": streams}
        pairs = []
        for _ in range(rounds):
            ours = run("charrnn_sampling", task, OMP_NUM_THREADS="1")["chars_per_second"]
            theirs = None
            if find_spec("torch"):
                theirs = run("torch_sampling", task, OMP_NUM_THREADS=str(CORES))["chars_per_second"]
            pairs.append((ours, theirs))
        row["charrnn"] = median(ours for ours, _ in pairs)
        if pairs[0][1]:
            row["torch"] = median(theirs for _, theirs in pairs)
            row["ratio"] = median(ours / theirs for ours, theirs in pairs)
        rows.append(row)
        beside = f"; PyTorch {row['torch']:,.0f}, {row['ratio']:.1f}x" if "torch" in row else ""
        say(f"sampling, streams {streams}: {row['charrnn']:,.0f} chars/s{beside}")
    return rows


def startup(rounds: int, seconds: float, folder: Path) -> list[dict[str, Any]]:
    """From the shell's point of view: wall time and peak memory of whole commands."""
    model = str(folder / "run")
    run("small_model", {"run": model})
    commands = {
        "charrnn --help": ["-m", "charrnn", "--help"],
        "charrnn sample -n 1": ["-m", "charrnn", "sample", model, "-n", "1"],
        "import numpy": ["-c", "import numpy"],
        "import torch": ["-c", "import torch"],
    }
    if not find_spec("torch"):
        del commands["import torch"]
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, arguments in commands.items():
            measured[name].append(timed([sys.executable, *arguments]))
    rows = []
    for name, runs in measured.items():
        wall, memory = (median(column) for column in zip(*runs[1:], strict=True))
        rows.append({"command": name, "seconds": wall, "megabytes": memory})
        say(f"start-up, {name}: {wall:.3f} s, {memory:.0f} MB")
    return rows


def memory(rounds: int, seconds: float, folder: Path) -> list[dict[str, Any]]:
    """Peak memory of training LSTM 2x128 in one process."""
    rows = []
    task = {**GRID[1], "path": str(ROOT / "data" / "fables.txt"), "seconds": 2.0, "workers": 1}
    for name, train in contenders().items():
        used = train(task)["megabytes"]
        rows.append({"system": name, "megabytes": used})
        say(f"memory, LSTM 2x128, {name}: {used:.0f} MB")
    return rows


def corpus(rounds: int, seconds: float, folder: Path) -> list[dict[str, Any]]:
    """One gigabyte: counting, encoding, and the time to the first step once it is encoded."""
    path = folder / "large.txt"
    run("random_text", {"path": str(path), "characters": 1_000_000_000, "alphabet": 65})
    wall, used = timed([sys.executable, "-m", "charrnn", "vocab", str(path)])
    rows = [{"what": "vocab of 1 GB", "seconds": wall, "megabytes": used}]
    task = {**GRID[1], "path": str(path), "seconds": 2.0, "workers": 1}
    for what in ("first step, text new", "first step, text encoded before"):
        told = run("charrnn", task, OMP_NUM_THREADS="1", CHARRNN_KERNELS="numpy")
        row = {"what": what, "seconds": told["to_first_step"], "megabytes": told["megabytes"]}
        rows.append(row)
    path.unlink()
    for row in rows:
        say(f"corpus, {row['what']}: {row['seconds']:.2f} s, {row['megabytes']:.0f} MB")
    return rows


def products(rounds: int, seconds: float, folder: Path) -> list[dict[str, Any]]:
    """The product of a time step, plain and by each kernel set, in GFLOP/s on one core."""
    rows = []
    for R in (25, 50):
        for H in (128, 256, 512):
            for K, N in ((H, 4 * H), (4 * H, H)):
                told = run("products", {"R": R, "K": K, "N": N}, OMP_NUM_THREADS="1")
                rows.append({"R": R, "K": K, "N": N, **told})
                figures = ", ".join(f"{k} {told[k]:.0f}" for k in told if k != "megabytes")
                say(f"product ({R}, {K}) x ({K}, {N}): {figures} GFLOP/s")
    return rows


SECTIONS = {
    "training": training,
    "sampling": sampling,
    "startup": startup,
    "memory": memory,
    "corpus": corpus,
    "products": products,
}


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds and peak megabytes of a command."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def machine() -> dict[str, str]:
    """What the figures hold for."""
    packages = ("numpy", "torch", "numba", "mkl")
    return {
        "system": f"{platform.system()} {platform.machine()}, {CORES} cores{_simd()}",
        "python": platform.python_version(),
        **{name: version(name) for name in packages if find_spec(name) or name == "mkl"},
    }


def _simd() -> str:
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", ())
    return " with AVX-512" if {"X86_V4", "AVX512_SKX"} & {*found} else ""


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], help="all, unless named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of training in each turn")
    parser.add_argument("--json", metavar="FILE", help="write the numbers to this file")
    options = parser.parse_args()
    result: dict[str, Any] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHARRNN_CACHE"] = str(Path(folder) / "cache")
        for name in options.sections or SECTIONS:
            section = SECTIONS[name]
            result[name] = section(options.rounds, options.seconds, Path(folder))
    print(tables(result))
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
