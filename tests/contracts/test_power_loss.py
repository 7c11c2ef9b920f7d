"""What a power loss leaves of a run, at any moment of it: never less than was promised."""

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from charrnn import api
from charrnn.errors import CheckpointError
from charrnn.runs.checkpoints import latest_of, read_checkpoint
from charrnn.storage.rundir import RunDir
from charrnn.training.events import Evaluated, Stepped
from tests.grid import thinned
from tests.powerloss import Disk, Files, Found

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the model asks /proc for names")

CONFIG = """\
data: {path: text.txt, split: [0.7, 0.3, 0.0]}
model: {cell: rnn, hidden_size: 3, num_layers: 1}
train: {batch_size: 2, seq_length: 5, max_epochs: null, max_steps: 6, eval_every: 2, dtype: float64}
output: {dir: disk/runs/one, checkpoint_every: 2, keep: 2}
"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(CONFIG)
    Path("text.txt").write_text("abcd abcd abcc " * 8)
    Path("disk").mkdir()


def run(forget: str = "") -> list[Found]:
    """Every state of the disk in the course of a run, with what had been promised by then."""
    disk = Disk(Path("disk").resolve(), forget)
    with disk.watched():
        for event in api.train(api.load_config("config.yaml")):
            match event:
                case Stepped(step=step) if step % 2 == 0:
                    disk.promises["step"] = step
                case Evaluated(split="val", best=True, loss=loss):
                    disk.promises["loss"] = loss
        disk.lose_power()
    return [*{repr(found): found for found in disk.found}.values()]


def lay_out(files: Files) -> RunDir:
    """A disk of its own with these files on it."""
    folder = Path(hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest())
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return RunDir(folder / "runs/one")


def complaints(run: RunDir, promises: dict[str, float]) -> Iterator[str]:
    """Which promises are broken in what was found."""
    best = None
    for path in run.path.rglob("[!.]*.npz"):
        try:
            header = read_checkpoint(path).header
        except CheckpointError as error:
            yield str(error)
        else:
            best = header["best_loss"] if path == run.best else best
    latest = latest_of(run).intact
    if "step" in promises:
        if latest is None or latest[1].header["step"] < promises["step"]:
            yield f"step {promises['step']} is lost"
        elif max(steps_told(run), default=0) < latest[1].header["step"]:
            yield "the record of a step that is saved is lost"
    if "loss" in promises and (best is None or best > promises["loss"]):
        yield "the best is worse than was told"


def steps_told(run: RunDir) -> Iterator[int]:
    text = run.metrics.read_text(errors="replace") if run.metrics.exists() else ""
    for line in text.splitlines():
        with suppress(json.JSONDecodeError):
            event = json.loads(line)
            if event["event"] == "step":
                yield event["step"]


def test_no_promise_is_broken_at_any_moment() -> None:
    found = run()
    assert len(found) > 100
    for files, promises in found:
        assert [*complaints(lay_out(files), promises)] == []


@pytest.mark.parametrize(("forget", "said"), [("files", "damaged"), ("folders", "is lost")])
def test_without_either_sync_promises_are_broken(forget: str, said: str) -> None:
    assert any(
        said in word
        for files, promises in run(forget)[::-1]
        for word in complaints(lay_out(files), promises)
    )


def test_a_run_goes_on_from_whatever_is_found() -> None:
    whole = Path("disk/runs/one")
    states = run()
    for files, _ in thinned(states, states[::7]):
        there = lay_out(files)
        config = api.load_config("config.yaml", [f"output.dir={there.path}"])
        assert [*api.train(config, resume=True)]
        for name in ("best.npz", "last.npz", "vocab.json", "checkpoints/step-00000006.npz"):
            assert (there.path / name).read_bytes() == (whole / name).read_bytes()
        assert [*whole.rglob("*.tmp")] == []
