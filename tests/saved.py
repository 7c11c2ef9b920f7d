"""Checkpoints of runs that never were: valid ones without training, and forged ones."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.config import Config, build, parse_config
from charrnn.nn.arrays import DTYPES
from charrnn.runs.checkpoints import read_checkpoint, save_checkpoint
from charrnn.storage.archive import write_archive
from charrnn.text.vocab import Vocabulary
from charrnn.training.state import TrainState

CONFIG = """\
data: {path: text.txt}
model: {cell: lstm, hidden_size: 2, num_layers: 1}
train: {batch_size: 2, seq_length: 4, max_epochs: null, max_steps: 40, eval_every: 3}
output: {dir: run}
"""
TEXT = "abacabadabacaba\n" * 8
CORPUS = hashlib.sha256(TEXT.encode()).hexdigest()


def config_of(*overrides: str) -> Config:
    return parse_config(CONFIG, "config.yaml", overrides)


def save(path: Path, *overrides: str, step: int = 5) -> Path:
    """A checkpoint as a run writes it in the middle of an epoch, with a best before its step."""
    config = config_of(*overrides)
    vocabulary = Vocabulary(config.data.level, tuple(sorted(set(TEXT.encode()))))
    model = build.model(config, vocabulary.size)
    dtype = np.dtype(DTYPES[config.train.dtype])
    params = model.init(1, build.initializer(config), dtype)
    averaging = config.train.average > 0
    state = TrainState.begin(params, build.optimizer(config), averaging=averaging)
    state.step = state.evaluated_step = 3
    state.keep_best_(1.5)
    state.step = step
    state.copy_carry_(model.initial_state(params, config.train.batch_size))
    rng = np.random.default_rng(7)
    for flat in (params.flat, *state.slots.values()):
        flat[...] = rng.uniform(0.01, 0.1, flat.shape)
    save_checkpoint(path, state, config, vocabulary, CORPUS)
    return path


def contents(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and arrays of a checkpoint, to be changed."""
    header, arrays = read_checkpoint(path)
    return header, dict(arrays)


def listing(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """What a header says of arrays, in truth."""
    return {
        name: {
            "shape": list(a.shape),
            "dtype": a.dtype.name,
            "sha256": hashlib.sha256(a.tobytes()).hexdigest(),
        }
        for name, a in arrays.items()
    }


def forge(path: Path, header: Any, arrays: Mapping[str, np.ndarray]) -> None:
    """Write any JSON, or any text, as the header of any arrays."""
    text = header if isinstance(header, str) else json.dumps(header)
    with path.open("wb") as file:
        write_archive(file, {"header": np.frombuffer(text.encode(), np.uint8), **arrays})
