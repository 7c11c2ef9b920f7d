"""output.tensorboard: event files, read back by TensorBoard itself."""

import json
import sys
from pathlib import Path

import pytest

CONFIG = """\
data: {path: text.txt, split: [0.8, 0.1, 0.1]}
model: {cell: gru, hidden_size: 8, num_layers: 1}
train: {batch_size: 4, seq_length: 16, max_epochs: null, max_steps: 20, eval_every: 5}
output: {dir: run, sample_every: 10, checkpoint_every: 10, tensorboard: true}
"""
TEXT = "the cat sat on the mat; the dog sat on the log.\n" * 30


@pytest.fixture(autouse=True)
def _files(charrnn) -> None:
    Path("config.yaml").write_text(CONFIG)
    Path("text.txt").write_text(TEXT)


def accumulator(run: str = "run"):
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    return reading.EventAccumulator(f"{run}/tensorboard", {"scalars": 0, "tensors": 0})


def steps_of(events, tag: str) -> list[int]:
    return [event.step for event in events.Scalars(tag)]


def told(key: str) -> list[float]:
    lines = map(json.loads, Path("run/metrics.jsonl").read_text().splitlines())
    return [line[key] for line in lines if line["event"] == "step"]


def test_without_the_package_it_is_one_line_before_any_training(charrnn, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    ran = charrnn("train", "config.yaml")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "charrnn[tensorboard]" in ran.err
    assert not Path("run").exists()
    ran = charrnn("train", "config.yaml", "--set", "output.tensorboard=false", "--quiet")
    assert ran.code == 0


def test_tensorboard_reads_what_the_record_says(charrnn) -> None:
    events = accumulator()
    assert charrnn("train", "config.yaml", "--quiet") == (0, "", "")
    events.Reload()
    for tag, key in (
        ("loss/train", "loss"),
        ("optimizer/learning_rate", "learning_rate"),
        ("gradient/norm", "grad_norm"),
        ("speed/chars_per_second", "chars_per_second"),
    ):
        assert steps_of(events, tag) == [*range(1, 21)]
        assert [event.value for event in events.Scalars(tag)] == pytest.approx(told(key))
    assert steps_of(events, "loss/validation") == [5, 10, 15, 20]
    assert steps_of(events, "loss/test") == [20]
    shares = [event.value for event in events.Scalars("gradient/clipped_share")]
    assert all(0 <= share <= 1 for share in shares)
    seconds = [event.wall_time for event in events.Scalars("loss/train")]
    assert seconds == sorted(seconds)
    first, second = events.Tensors("sample")
    assert (first.step, second.step) == (10, 20)
    text = first.tensor_proto.string_val[0].decode()
    assert all(line.startswith("    ") for line in text.splitlines())  # not Markdown
    assert events.SummaryMetadata("sample").plugin_data.plugin_name == "text"


def test_the_run_is_the_same_with_and_without(charrnn) -> None:
    pytest.importorskip("tensorboard")
    charrnn("train", "config.yaml", "--quiet")
    charrnn("train", "config.yaml", "--quiet", "--out", "b", "--set", "output.tensorboard=false")
    for name in ("best.npz", "last.npz", "checkpoints/step-00000020.npz", "vocab.json"):
        assert Path("run", name).read_bytes() == Path("b", name).read_bytes(), name
    assert not Path("b/tensorboard").exists()


def test_a_run_that_goes_on_has_no_step_twice(charrnn) -> None:
    watching = accumulator()  # all the while, as a user's viewer would
    charrnn("train", "config.yaml", "--quiet")
    watching.Reload()
    assert steps_of(watching, "loss/train")[-1] == 20
    before = told("loss")
    Path("run/last.npz").unlink()  # as if it was killed after step 10 was saved
    Path("run/checkpoints/step-00000020.npz").unlink()
    (file,) = Path("run/tensorboard").iterdir()
    file.write_bytes(file.read_bytes()[:-7])  # in the middle of a record
    ran = charrnn("train", "config.yaml", "--resume", "--quiet", "--max-steps", "25")
    assert (ran.code, ran.err) == (0, "")
    fresh = accumulator()
    for events in (watching, fresh):
        events.Reload()
        for tag in ("loss/train", "gradient/clipped_share"):
            assert steps_of(events, tag) == [*range(1, 26)]
        assert steps_of(events, "loss/validation") == [5, 10, 15, 20, 25]
        assert steps_of(events, "loss/test") == [25]
    assert [event.step for event in fresh.Tensors("sample")] == [10, 20]
    assert [event.value for event in fresh.Scalars("loss/train")][:20] == pytest.approx(before)
    charrnn("train", "config.yaml", "--resume", "--quiet", "--max-steps", "27")
    watching.Reload()
    assert steps_of(watching, "loss/train") == [*range(1, 28)]
    assert sum(file.stat().st_size > 0 for file in Path("run/tensorboard").iterdir()) == 1
    assert len([*Path("run/tensorboard").iterdir()]) == 2


def test_it_may_be_turned_on_in_the_middle(charrnn) -> None:
    events = accumulator()
    charrnn("train", "config.yaml", "--quiet", "--set", "output.tensorboard=false")
    ran = charrnn("train", "config.yaml", "--quiet", "--resume", "--max-steps", "24")
    assert ran.code == 0
    events.Reload()
    assert steps_of(events, "loss/train") == [*range(1, 25)]


def test_a_rollback_takes_back_what_was_told(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from charrnn.listeners.tensorboard import TensorBoard
    from charrnn.storage.rundir import RunDir
    from charrnn.training.events import Evaluated, NotFinite, Stepped

    run = RunDir(Path("run"))
    run.path.mkdir()
    run.metrics.write_text("")
    board = TensorBoard(run, 0.0)
    for k in (1, 2, 3, 4):
        board(Stepped(k, 0.1, 0.1, float(k), 0.01, 1.0, False, 10.0, float(k)))
    board(Evaluated(4, "val", 9.0, False, 4.5))
    board(NotFinite(5, "the loss", "rollback", 2))
    board(Stepped(3, 0.1, 0.1, 30.0, 0.01, 1.0, True, 10.0, 5.0))
    board.close()
    events = accumulator()
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss/train")] == [(1, 1), (2, 2), (3, 30)]
    assert "loss/validation" not in events.Tags()["scalars"] or not events.Scalars(
        "loss/validation"
    )


def test_force_begins_anew_and_leaves_what_is_not_ours(charrnn) -> None:
    events = accumulator()
    charrnn("train", "config.yaml", "--quiet")
    theirs = Path("run/tensorboard/events.out.tfevents.1.somebody")
    theirs.write_bytes(b"")
    off = ("--set", "output.tensorboard=false", "--quiet", "--force")
    assert charrnn("train", "config.yaml", *off).code == 0
    assert [*Path("run/tensorboard").iterdir()] == [theirs]
    theirs.unlink()
    assert charrnn("train", "config.yaml", *off).code == 0
    assert not Path("run/tensorboard").exists()
    assert charrnn("train", "config.yaml", "--quiet", "--force", "--max-steps", "3").code == 0
    events.Reload()
    assert steps_of(events, "loss/train") == [1, 2, 3]


def test_a_folder_that_cannot_be_written_is_one_line(charrnn) -> None:
    pytest.importorskip("tensorboard")
    Path("run").mkdir()
    Path("run/tensorboard").write_text("mine")
    ran = charrnn("train", "config.yaml", "--quiet")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "run/tensorboard: cannot be written" in ran.err
    assert Path("run/tensorboard").read_text() == "mine"
