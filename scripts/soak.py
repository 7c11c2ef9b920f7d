"""Train for an hour, saving, evaluating and sampling all the time, and watch resources. Linux.

    python scripts/soak.py --minutes 60 --workers 2

Memory, open files and threads of all its processes must stay flat: their medians over the last
quarter of the time are compared with those over the second. Every half minute another process
samples from the run's best checkpoint, which must work during writes. Exits with 1 otherwise.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tqdm import tqdm

ROOT = Path(__file__).parents[1]
CONFIG = """\
model: {cell: lstm, hidden_size: 64, num_layers: 2, dropout: 0.2}
train: {max_epochs: null, eval_every: 20, average: 0.9, on_nonfinite: rollback}
output: {dir: run, checkpoint_every: 10, sample_every: 30, keep: 3}
"""
GROWTH = 0.02  # of memory, that is within the noise of a measurement


class Used(NamedTuple):
    """What the processes of a run use at a moment."""

    mebibytes: float
    files: int
    threads: int
    processes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.yaml").write_text(CONFIG)
        used, samples = soak(folder, options.minutes, str(options.workers))
        steps = Path(folder, "run/metrics.jsonl").read_text().count('"event": "step"')
    quarter = len(used) // 4
    early, late = (
        Used(*map(median, zip(*part, strict=True)))
        for part in (used[quarter : 2 * quarter], used[-quarter:])
    )
    print(f"{options.minutes:g} minutes, {steps:,} steps, {samples} samples taken meanwhile")
    for name, then, now in zip(Used._fields, early, late, strict=True):
        print(f"{name:10} {then:8.1f} in the second quarter, {now:8.1f} in the last")
    grown = late.mebibytes > early.mebibytes * (1 + GROWTH) or late[1:] != early[1:]
    sys.exit("something grows" if grown else 0)


def soak(folder: str, minutes: float, workers: str) -> tuple[list[Used], int]:
    """Train in `folder`; gives what was used, each second, and how often the run was read."""
    environment = {**os.environ, "CHARRNN_CACHE": str(Path(folder, "cache"))}
    data = f"data.path={ROOT / 'data/fables.txt'}"
    command = [sys.executable, "-m", "charrnn", "train", "config.yaml", "--quiet", "--set", data]
    command += ["--workers", workers, "--max-minutes", str(minutes)]
    used, samples, end = [], 0, time.monotonic() + minutes * 60
    process = subprocess.Popen(command, cwd=folder, env=environment)
    with tqdm(total=round(minutes * 60), unit="s") as bar:
        while process.poll() is None:
            if time.monotonic() < end - 1 and Path(folder, "run/best.npz").exists():
                used.append(in_use(process.pid))
                if len(used) % 30 == 0:
                    command = [sys.executable, "-m", "charrnn", "sample", "run", "-n", "20"]
                    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
                    samples += 1
            time.sleep(1)
            bar.update()
    if process.returncode:
        sys.exit(f"the run ended with exit code {process.returncode}")
    return used, samples


def in_use(pid: int) -> Used:
    """What process `pid` and its children use together."""
    family = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    status = [Path(f"/proc/{p}/status").read_text() for p in family]
    fields = [dict(line.split(":\t", 1) for line in text.splitlines()) for text in status]
    return Used(
        sum(int(f["VmRSS"].split()[0]) for f in fields) / 1024,
        sum(len([*Path(f"/proc/{p}/fd").iterdir()]) for p in family),
        sum(int(f["Threads"]) for f in fields),
        len(family),
    )


if __name__ == "__main__":
    main()
