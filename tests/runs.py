"""A run to try on: its config and text, and how two runs are compared."""

import hashlib
import json
from pathlib import Path

CONFIG = """\
data: {path: text.txt, split: [0.8, 0.1, 0.1]}
model: {cell: lstm, hidden_size: 12, num_layers: 2, dropout: 0.2, learn_initial_state: true}
optimizer: {name: adam, learning_rate: 0.01}
schedule: {name: cosine, warmup: 0.1}
train: {batch_size: 4, seq_length: 16, max_epochs: null, max_steps: 60, eval_every: 20,
        dtype: float64}
output: {dir: run, checkpoint_every: 25}
"""
TEXT = "the cat sat on the mat; the dog sat on the log.\n" * 40


def lines(run: str | Path = "run") -> list[dict]:
    return [json.loads(line) for line in Path(run, "metrics.jsonl").read_text().splitlines()]


def steady(run: str | Path) -> list[dict]:
    """The record without what the clock says."""
    clock = ("seconds", "chars_per_second", "version")
    return [
        {k: v for k, v in line.items() if k not in clock}
        for line in lines(run)
        if line["event"] != "resume"
    ]


def digests(run: str | Path) -> dict[str, str]:
    return {
        path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(run).rglob("*"))
        if path.is_file() and path.name not in ("metrics.jsonl", "config.yaml")
    }
