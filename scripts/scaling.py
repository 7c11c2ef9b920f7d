#!/usr/bin/env python
"""Measure how training scales over processes, and predict it for other machines.

    python scripts/scaling.py              all four tables, about five minutes
    python scripts/scaling.py layouts      where BLAS threads beat processes

`machine` trains with local workers, and with MPI ranks where MPI is installed. `model` takes the
time of one rank's share from this machine, adds the time of one sum of the gradients over a
network, and reports where more ranks stop paying.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from math import ceil, log2
from pathlib import Path
from shutil import which
from statistics import median
from typing import NamedTuple

from charrnn.nn import kernels
from charrnn.parallel.layout import Layout, layout_for, usable_cores

RUNNERS = Path(__file__).with_name("bench_runners.py")
CORES = usable_cores()
NETWORKS = ((2, 128), (2, 256), (1, 512))  # layers, hidden
RANKS = (2, 8, 64, 512)
TRACKS = 512  # of the strong-scaling study: a track a rank at its end
SEQ, VOCABULARY = 50, 65


class Net(NamedTuple):
    """What connects the ranks: assumptions, not measurements."""

    name: str
    bandwidth: float  # bytes a second, each way
    latency: float  # seconds a message


NETS = (
    Net("1 Gb/s Ethernet", 0.117e9, 50e-6),
    Net("10 Gb/s Ethernet", 1.17e9, 30e-6),
    Net("100 Gb/s InfiniBand", 11.5e9, 2e-6),
)


def step_seconds(
    folder: Path, layers: int, hidden: int, tracks: int, layout: Layout, launcher: str = ""
) -> float:
    """The median time of a step, as the run's own record has it. The first steps do not count."""
    run = folder / "run"
    under_mpi = [launcher, "-n", str(layout.processes)] if launcher else []
    settings = {
        "data.path": folder / "text.txt",
        "data.split": "[1, 0, 0]",
        "model.num_layers": layers,
        "model.hidden_size": hidden,
        "train.batch_size": tracks,
        "train.seq_length": SEQ,
        "train.max_minutes": 0.05 * max(1, tracks / 50),
        "train.workers": 1 if launcher else layout.processes,
        "output.dir": run,
        "output.checkpoint_every": 1_000_000,
    }
    command = [*under_mpi, sys.executable, "-m", "charrnn", "train", str(folder / "config.yaml")]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    subprocess.run(
        [*command, "--quiet", "--force"],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": str(layout.threads)},
    )
    lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    steps = [line for line in map(json.loads, lines) if line["event"] == "step"]
    return median(tracks * SEQ / step["chars_per_second"] for step in steps[3:])


def machine(folder: Path) -> None:
    """Local workers and MPI ranks on this machine, B50 T50."""
    launcher = which("mpirun") if find_spec("mpi4py") else None
    rows = []
    for layers, hidden in NETWORKS:
        alone = step_seconds(folder, layers, hidden, 50, Layout(1, 1))
        for n in range(2, CORES + 1):
            kinds = {"workers": "", **({"MPI ranks": launcher} if launcher else {})}
            for kind, start in kinds.items():
                together = step_seconds(folder, layers, hidden, 50, Layout(n, 1), start)
                gain = alone / together
                times = [_ms(alone), _ms(together), f"{gain:.2f}", f"{gain / n:.0%}"]
                rows.append([f"LSTM {layers}x{hidden}", f"{n} {kind}", *times])
    head = ["network", "", "one process, ms a step", "ms a step", "speed-up", "efficiency"]
    _print_table("On this machine", head, rows)


def layouts(folder: Path) -> None:
    """All cores as processes or as BLAS threads: the measurement behind `train.workers: auto`."""
    rows = []
    for hidden in (128, 256, 512):
        for tracks in (4, 12, 24, 50):
            processes = step_seconds(folder, 1, hidden, tracks, Layout(CORES, 1))
            threads = step_seconds(folder, 1, hidden, tracks, Layout(1, CORES))
            alone = step_seconds(folder, 1, hidden, tracks, Layout(1, 1))
            picked = layout_for(tracks, hidden, CORES, packed=kernels.choose_kernels().packed)
            times = [_ms(alone), _ms(threads), _ms(processes)]
            choice = f"{picked.processes} x {picked.threads}"
            rows.append([f"LSTM 1x{hidden}", str(tracks), *times, choice])
    head = ["network", "tracks", "1 x 1, ms", f"1 x {CORES}, ms", f"{CORES} x 1, ms", "auto"]
    _print_table("Processes x BLAS threads", head, rows)


def model(folder: Path) -> None:
    """Strong and weak scaling over a network, from the time of a rank's share on this machine."""
    print("Assumptions of the model:")
    print("- a rank is one core of this machine; its share of a step takes what it takes here;")
    print("- one sum of all gradients a step, by a ring: 2 (P-1)/P bytes over the bandwidth, and")
    print("  2 (P-1) messages, or 2 log2 P of them by halving and doubling, whichever is less;")
    print("- overlapped, the sum of every layer but the lowest hides behind the backward pass of")
    print("  those below it, which takes their share of two thirds of the step;")
    print("- " + "; ".join(_assumed(net) for net in NETS) + ".\n")
    for layers, hidden in NETWORKS[:2]:
        size = 4 * parameters(layers, hidden)
        shares = {P: step_seconds(folder, layers, hidden, TRACKS // P, Layout(1, 1))
                  for P in (1, *RANKS)}  # fmt: skip
        usual = step_seconds(folder, layers, hidden, 50, Layout(1, 1))
        for title, own, whole in (
            (f"{TRACKS} tracks in all", shares, shares[1]),
            ("50 tracks a rank", dict.fromkeys(RANKS, usual), 0.0),
        ):
            rows = [_predicted(P, own[P], whole or P * usual, size, layers) for P in RANKS]
            head = [
                "ranks",
                "own share, ms",
                *(f"{net.name}: speed-up (overlapped)" for net in NETS),
            ]
            _print_table(f"LSTM {layers}x{hidden}, {size / 1e6:.1f} MB, {title}", head, rows)


def _assumed(net: Net) -> str:
    return f"{net.name}: {net.bandwidth / 1e9:g} GB/s, {net.latency * 1e6:g} us a message"


def _predicted(P: int, own: float, whole: float, size: int, layers: int) -> list[str]:
    cells = [str(P), _ms(own)]
    for net in NETS:
        total = sum_seconds(P, size, net)
        hidden = min(total * (layers - 1) / layers, own * 2 / 3 * (layers - 1) / layers)
        cells.append(f"{whole / (own + total):.1f} ({whole / (own + total - hidden):.1f})")
    return cells


def sum_seconds(P: int, size: int, net: Net) -> float:
    """One sum of `size` bytes over P ranks (Thakur, Rabenseifner and Gropp 2005)."""
    messages = min(2 * (P - 1), 2 * ceil(log2(P)))
    return 2 * (P - 1) / P * size / net.bandwidth + messages * net.latency


def parameters(layers: int, hidden: int) -> int:
    """Of an LSTM that reads and writes `VOCABULARY` characters."""
    first = (VOCABULARY + hidden + 1) * 4 * hidden
    return first + (layers - 1) * (2 * hidden + 1) * 4 * hidden + (hidden + 1) * VOCABULARY


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.1f}"


def _print_table(title: str, head: list[str], rows: list[list[str]]) -> None:
    print(f"{title}\n")
    for line in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(line)} |")
    print(flush=True)


TABLES = {"machine": machine, "layouts": layouts, "model": model}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="*", choices=[[], *TABLES], help="all, unless named")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = {"path": str(folder / "text.txt"), "characters": 2_000_000, "alphabet": VOCABULARY}
        subprocess.run(
            [sys.executable, str(RUNNERS), "random_text", json.dumps(text)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (folder / "config.yaml").write_text("{}\n", encoding="utf-8")
        os.environ["CHARRNN_CACHE"] = str(folder / "cache")
        for table in options.tables or TABLES:
            TABLES[table](folder)


if __name__ == "__main__":
    main()
