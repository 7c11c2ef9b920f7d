"""Kill a run with SIGKILL at random moments, again and again, and verify that nothing is lost.

    python scripts/crash.py --kills 300 --workers 2

The run saves all the time and is resumed after each kill until it is done; then another one
begins. After each kill every checkpoint verifies, the last reported step or a later one is there,
and best.npz is not worse than the record says. The end has the bytes of an uninterrupted run.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tqdm import tqdm

from charrnn.runs.checkpoints import latest_of, read_checkpoint
from charrnn.storage.rundir import RunDir

CONFIG = """\
data: {path: text.txt, split: [0.8, 0.2, 0.0]}
model: {cell: gru, hidden_size: 16, num_layers: 2, dropout: 0.2}
train: {batch_size: 8, seq_length: 20, max_epochs: null, max_steps: 300,
        eval_every: 7, average: 0.9}
output: {checkpoint_every: 3, keep: 2}
"""
TEXT = "the cat sat on the mat; the dog sat on the log.\n" * 80


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["CHARRNN_CACHE"] = str(Path(folder, "cache"))
        Path("text.txt").write_text(TEXT)
        Path("config.yaml").write_text(CONFIG)
        runs = crash(options.kills, str(options.workers), random.Random(options.seed))
        os.chdir("/")
    print(f"{options.kills} kills, {options.workers} workers, {runs} runs ended as if left alone")


def train(out: str, workers: str) -> list[str]:
    command = [sys.executable, "-m", "charrnn", "train", "config.yaml", "--quiet", "--resume"]
    return [*command, "--out", out, "--workers", workers]


def crash(kills: int, workers: str, rng: random.Random) -> int:
    """Kill `kills` times; gives the number of runs that were finished in spite of it."""
    began = time.monotonic()
    subprocess.run(train("whole", workers), check=True)
    life, runs, saved = time.monotonic() - began, 0, 0
    with tqdm(total=kills, unit=" kills") as bar:
        while bar.n < kills:
            process = subprocess.Popen(train("run", workers))
            try:
                code = process.wait(rng.uniform(0.0, life))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                bar.update()
                saved = inspect(RunDir(Path("run")), saved)
            else:
                if code:
                    sys.exit(f"--resume ended with exit code {code}")
                compare()
                shutil.rmtree("run")
                runs, saved = runs + 1, 0
    return runs


def inspect(run: RunDir, saved: int) -> int:
    """Check what a kill has left; gives the last step that is saved, which was `saved` before."""
    for path in run.path.rglob("[!.]*.npz"):
        read_checkpoint(path)
    latest = latest_of(run).intact
    step = int(latest[1].header["step"]) if latest else 0
    if step < saved:
        sys.exit(f"step {saved} was saved, and is gone; the last one is {step}")
    told = [line["loss"] for line in record(run.metrics) if line["event"] == "eval"]
    if told and read_checkpoint(run.best).header["best_loss"] > min(told):
        sys.exit("best.npz is worse than was told")
    return step


def record(path: Path) -> list[dict]:
    """What the record says, but for the clock and for being resumed; its last line may be torn."""
    text = path.read_text() if path.exists() else ""
    lines = map(json.loads, text.rpartition("\n")[0].splitlines())
    clock = ("seconds", "chars_per_second")
    return [
        {key: value for key, value in line.items() if key not in clock}
        for line in lines
        if line["event"] != "resume"
    ]


def compare() -> None:
    """See that the run is the one that was left alone."""
    names = [{p.relative_to(run) for p in Path(run).rglob("*")} for run in ("whole", "run")]
    if names[0] != names[1]:
        sys.exit(f"other files: {names[0] ^ names[1]}")
    for whole in (p for p in Path("whole").rglob("*") if p.is_file() and p.name != "config.yaml"):
        read = record if whole.name == "metrics.jsonl" else Path.read_bytes
        if read(whole) != read("run" / whole.relative_to("whole")):
            sys.exit(f"{whole}: another content after the kills")


if __name__ == "__main__":
    main()
