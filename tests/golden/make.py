"""Make the golden checkpoints of the current format: python -m tests.golden.make

They are made once, when a format is new, by the version that brings it, and never again: what is
in tests/golden/format-N was written by a released charrnn, and every later one reads it.
"""

import json
import os
import sys
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

from charrnn import api
from charrnn.config import Config
from charrnn.storage.header import FORMAT
from charrnn.training.events import Finished, Stepped

HERE = Path(__file__).parent
TEXT = "she sells sea shells by the sea shore.\n" * 12
OTHER = "the shells she sells are sea shore shells.\n"
CONFIG = """\
data: {path: golden.txt, min_count: 2}
model: {hidden_size: 4}
train: {batch_size: 3, seq_length: 8, max_epochs: null, max_steps: 40, eval_every: 20,
        dtype: float64}
output: {dir: run}
"""
CELLS = {
    "rnn": ("model.num_layers=1", "model.cell=rnn", "optimizer=momentum"),
    "lstm": ("model.num_layers=1", "model.cell=lstm", "optimizer=adam"),
    "lstm-float32": ("model.num_layers=1", "model.cell=lstm", "train.dtype=float32"),
    "gru": ("model.num_layers=1", "model.cell=gru", "optimizer=rmsprop", "train.average=0.9"),
    "gru-after": (
        "model.num_layers=2",
        "model.cell={name: gru, reset: after, layer_norm: true}",
        "optimizer=sgd",
        "model.embedding_size=4",
        "model.tie_weights=true",
    ),
    "peephole": (
        "model.num_layers=1",
        "model.cell={name: lstm, peephole: true}",
        "optimizer=adagrad",
        "model.learn_initial_state=true",
    ),
}


def main() -> None:
    folder = HERE / f"format-{FORMAT}"
    if folder.exists():
        sys.exit(f"{folder} is there; golden files are made once")
    folder.mkdir()
    known = {}
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        for name, overrides in CELLS.items():
            write_texts()
            interrupted(api.parse_config(CONFIG, "golden.yaml", overrides))
            path = folder / f"{name}.npz"
            path.write_bytes(Path("run/last.npz").read_bytes())
            known[name] = facts(path)
    (folder / "known.json").write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def write_texts() -> None:
    """The text of the runs, and another one, in the working directory."""
    for name, text in (("golden.txt", TEXT), ("other.txt", OTHER)):
        Path(name).write_text(text, encoding="utf-8", newline="\n")


def interrupted(config: Config) -> None:
    """A run that stops in the middle of its second epoch, after its best step."""
    asked = count()
    list(api.train(config, force=True, stop=lambda: next(asked) > 26))


def facts(path: Path) -> dict[str, Any]:
    """What a checkpoint writes, scores, and comes to if its run goes on in the folder `run`."""
    trained = api.load(path)
    (greedy,) = api.sample(trained, api.Request(prime="she ", length=60, greedy=True))
    (drawn,) = api.sample(trained, api.Request(prime="she ", length=60, seed=7))
    config = Config.from_dict(trained.config.to_dict() | {"output": {"dir": "run"}})
    *events, end = api.train(config, resume=True)
    losses = [event.loss for event in events if isinstance(event, Stepped)]
    assert isinstance(end, Finished)
    return {
        "step": trained.step,
        "greedy": greedy.text,
        "drawn": drawn.text,
        "log_prob": drawn.log_prob,
        "score": api.score(trained, ["other.txt"]).nats_per_char,
        "steps": len(losses),
        "first_loss": losses[0],
        "last_loss": losses[-1],
        "best_loss": end.best_loss,
    }


if __name__ == "__main__":
    main()
