"""Damage checkpoints at random, for minutes or hours: each is refused in one line, or still valid.

    python scripts/fuzz_checkpoints.py --minutes 5 --seed 1

For each kind of damage (see fuzz_mutations.py) it counts how many files were refused, how many
were read unchanged, and how many were read as another valid checkpoint: those sample, score and
train a little. Anything but a CharrnnError of one line is a finding: it is kept and reported.
"""

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from fuzz_mutations import BYTES, MEANING

from charrnn import api
from charrnn.config import Config
from charrnn.errors import CharrnnError, CheckpointError
from charrnn.runs.checkpoints import read_checkpoint
from charrnn.storage.checkpoint import Checkpoint
from tests.saved import TEXT, save

SEEDS = {
    "lstm": (),
    "rnn": ("model.cell=rnn", "optimizer=sgd"),
    "gru": ("model.cell={name: gru, reset: after}", "train.average=0.5", "optimizer=momentum"),
    "deep": ("model.num_layers=2", "model.embedding_size=2", "model.tie_weights=true"),
    "double": ("train.dtype=float64", "model.learn_initial_state=true"),
    "bytes": ("data.level=byte", "model.cell={name: lstm, peephole: true}"),
    "records": ('data.records="\\n"', "optimizer=adagrad"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("finds"), help="a folder for finds")
    given = parser.parse_args()
    warnings.simplefilter("error")
    keep = given.keep.absolute()
    with tempfile.TemporaryDirectory() as work:
        sys.exit(Fuzzing(Path(work), Random(given.seed), keep).run(given.minutes * 60))


class Fuzzing:
    """One study, in a folder of its own."""

    def __init__(self, folder: Path, rng: Random, keep: Path) -> None:
        self.folder, self.rng, self.keep = folder, rng, keep
        self.path = folder / "spoilt.npz"
        self.text = folder / "text.txt"
        self.text.write_text(TEXT)
        path_key = f"data.path={json.dumps(str(self.text))}"
        self.sources = [save(folder / f"{name}.npz", *overrides, path_key).read_bytes()
                        for name, overrides in SEEDS.items()]  # fmt: skip
        self.whole = []
        for raw in self.sources:
            self.path.write_bytes(raw)
            self.whole.append(read_checkpoint(self.path))
            self.sample()
            self.score()
            self.go_on()
        self.counts: Counter[tuple[str, str]] = Counter()
        self.slowest = 0.0

    def run(self, seconds: float) -> int:
        """Spoil and load until the time is over; how many finds."""
        before, end = peak(), time.monotonic() + seconds
        while time.monotonic() < end:
            name = self.rng.choice([*BYTES, *MEANING])
            k = self.rng.randrange(len(self.sources))
            raw = {**BYTES, **MEANING}[name](self.rng, self.sources[k])
            self.path.write_bytes(raw)
            begun = time.process_time()
            verdict = self.verdict(name, self.whole[k])
            self.slowest = max(self.slowest, time.process_time() - begun)
            self.counts[name, verdict] += 1
            if verdict == "find":
                self.keep.mkdir(exist_ok=True)
                (self.keep / f"{name}-{sum(self.counts.values())}.npz").write_bytes(raw)
        self.report(before)
        return sum(n for (_, verdict), n in self.counts.items() if verdict == "find")

    def verdict(self, name: str, whole: Checkpoint) -> str:
        try:
            try:
                api.load(self.path)
            except CheckpointError as error:
                check_line(error, self.path)
                return "refused"
            if same(read_checkpoint(self.path), whole):
                return "unchanged"
            assert name in MEANING, "other values were read"
            self.use()
        except Exception:
            traceback.print_exc()
            return "find"
        return "usable"

    def use(self) -> None:
        """Sample, score and train from the file at hand: errors of one line are all that may be."""
        for use in (self.sample, self.score, self.go_on):
            try:
                use()
            except CharrnnError as error:
                told = str(error)
                assert all(line.isprintable() for line in told.split("\n")), told

    def sample(self) -> None:
        api.sample(api.load(self.path), api.Request(length=5))

    def score(self) -> None:
        api.score(api.load(self.path), [str(self.text)])

    def go_on(self) -> None:
        trained = api.load(self.path)
        values = trained.config.to_dict() | {"output": {"dir": str(self.folder / "run")}}
        values["train"] |= {"max_steps": trained.step + 2, "workers": 1, "max_minutes": 0.01}
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        (self.folder / "run").mkdir()
        (self.folder / "run/last.npz").write_bytes(self.path.read_bytes())
        for event in api.train(Config.from_dict(values), resume=True):
            assert event is not None

    def report(self, before: float) -> None:
        verdicts = ("refused", "unchanged", "usable", "find")
        print(f"{'':16}" + "".join(f"{verdict:>11}" for verdict in verdicts))
        for name in [*BYTES, *MEANING]:
            row = "".join(f"{self.counts[name, verdict]:11,}" for verdict in verdicts)
            print(f"{name:16}{row}")
        total = sum(self.counts.values())
        print(f"{total:,} files; the slowest took {self.slowest:.2f} s of CPU; memory grew from"
              f" {before:.0f} to {peak():.0f} MiB")  # fmt: skip


def check_line(error: CheckpointError, path: Path) -> None:
    line = str(error)
    assert line.isprintable(), line
    assert line.startswith(f"{path}: "), line
    assert len(line) < len(str(path)) + 520, line


def same(a: Checkpoint, b: Checkpoint) -> bool:
    return (
        a.header == b.header
        and list(a.arrays) == list(b.arrays)
        and all(x.dtype == b.arrays[k].dtype for k, x in a.arrays.items())
        and all(np.array_equal(x, b.arrays[k]) for k, x in a.arrays.items())
    )


def peak() -> float:
    """MiB of memory that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
