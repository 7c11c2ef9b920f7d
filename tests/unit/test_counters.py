"""The counters of TrainState and their rules in a checkpoint's header: one place for each."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from charrnn import api
from charrnn.errors import CheckpointError
from charrnn.runs import start
from charrnn.runs.checkpoints import read_checkpoint
from charrnn.storage.checkpoint import write_checkpoint
from charrnn.storage.header import COUNT, LOSS, Counter
from charrnn.training import snapshot
from charrnn.training.state import TrainState, counter
from tests.saved import contents, save

CONFIG = """\
data: {path: text.txt}
model: {hidden_size: 4, num_layers: 1}
train: {batch_size: 2, seq_length: 8, max_epochs: null, max_steps: 6, eval_every: 3}
output: {dir: run}
"""


def test_the_header_of_format_1() -> None:
    """Its keys, their order and their rules are in files that others have."""
    assert snapshot.header_counters() == {
        "step": Counter(COUNT),
        "evaluated_step": Counter(COUNT, at_most="step"),
        "best_loss": Counter(LOSS),
        "best_step": Counter(COUNT, at_most="step"),
        "stale": Counter(COUNT),
        "falls": Counter(COUNT),
        "clipped": Counter(COUNT, absent=0),
        "skips": Counter(COUNT, absent=0),
        "rollbacks": Counter(COUNT, absent=0),
    }
    assert [*snapshot.header_counters()][:2] == ["step", "evaluated_step"]


@dataclass
class ToyState(TrainState):
    """A state with a counter of a test's own, which no checkpoint has yet."""

    sheep: int = counter(0, key="flock", at_most="step", later=True)


@pytest.fixture
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (snapshot, start):
        monkeypatch.setattr(module, "TrainState", ToyState)


@pytest.mark.usefixtures("_toy")
def test_a_toy_counter_is_one_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("a flock of sheep\n" * 30)
    config = api.parse_config(CONFIG, "config.yaml", [])
    events = api.train(config)
    list(events)
    last = Path("run/last.npz")
    assert read_checkpoint(last).header["flock"] == 0
    with np.load(last) as file:
        assert json.loads(bytes(file["header"]))["flock"] == 0
    header, arrays = contents(last)
    values = {name: header[name] for name in header if name not in ("format", "arrays")}
    write_checkpoint(last, {**values, "flock": 5}, arrays)
    for path in Path("run/checkpoints").iterdir():
        path.unlink()
    list(api.train(config, resume=True))
    assert read_checkpoint(last).header["flock"] == 5
    write_checkpoint(last, {**values, "flock": 7}, arrays)
    with pytest.raises(CheckpointError, match="its flock is after its step"):
        read_checkpoint(last)


@pytest.mark.usefixtures("_toy")
def test_a_file_of_before_a_counter_has_its_default(tmp_path: Path) -> None:
    header, arrays = contents(save(tmp_path / "some.npz"))
    old = {k: v for k, v in header.items() if k not in ("format", "arrays", "flock", "clipped")}
    write_checkpoint(tmp_path / "old.npz", old, arrays)
    read = read_checkpoint(tmp_path / "old.npz").header
    assert (read["flock"], read["clipped"]) == (0, 0)
