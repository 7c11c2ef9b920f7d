"""Verify that a run gives the same bytes each time, under every Python given.

    python scripts/same_bytes.py --runs 10
    python scripts/same_bytes.py --runs 3 --python a/bin/python --python b/bin/python

Trains each cell `--runs` times with one worker and with two, each time in a new process with
another hash seed, and compares every checkpoint of the run and the samples drawn from it. The
Pythons need charrnn's four packages, of the same versions; charrnn itself is this checkout's. Exits
with 1 where two differ.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONFIG = f"""\
data: {{path: {json.dumps(str(ROOT / "data/fables.txt"))}}}
model: {{hidden_size: 48, num_layers: 2, dropout: 0.1}}
train: {{max_epochs: null, max_steps: 60, eval_every: 20, average: 0.9, gradient_noise: 0.01}}
output: {{dir: run, checkpoint_every: 25}}
"""
CELLS = ("rnn", "lstm", "gru")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--python", action="append", metavar="PATH", help="by default this one")
    options = parser.parse_args()
    pythons = options.python or [sys.executable]
    differ = 0
    for cell, workers in product(CELLS, ("1", "2")):
        seen: dict[str, int] = {}
        for python, k in product(pythons, range(options.runs)):
            with tempfile.TemporaryDirectory() as folder:
                found = digest(one_run(python, folder, cell, workers, hash_seed=k + 1))
            seen[found] = seen.get(found, 0) + 1
        differ += len(seen) > 1
        told = " and ".join(f"{name[:12]} {times} times" for name, times in seen.items())
        print(f"{cell:4}  workers {workers}  {told}", flush=True)
    sys.exit(f"{differ} differ" if differ else 0)


def one_run(python: str, folder: str, cell: str, workers: str, hash_seed: int) -> Iterator[bytes]:
    """What a run makes: its checkpoints, and the text that is sampled from its best."""
    Path(folder, "config.yaml").write_text(CONFIG, encoding="utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": str(hash_seed),
        "CHARRNN_CACHE": str(Path(folder, "cache")),
    }

    def charrnn(*arguments: str) -> str:
        command = [python, "-m", "charrnn", *arguments]
        return subprocess.run(
            command, cwd=folder, env=environment, check=True, capture_output=True, encoding="utf-8"
        ).stdout

    cell_and_workers = ("--set", f"model.cell={cell}", "--workers", workers)
    charrnn("train", "config.yaml", "--quiet", *cell_and_workers)
    for path in sorted(Path(folder, "run").rglob("*.npz")):
        yield path.read_bytes()
    yield charrnn("sample", "run", "-n", "100", "--count", "3").encode()


def digest(parts: Iterator[bytes]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part)
    return whole.hexdigest()


if __name__ == "__main__":
    main()
