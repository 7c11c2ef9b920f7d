"""A disk that refuses: whatever call fails, with whatever error, nothing that was saved is lost."""

import errno
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from charrnn import api
from charrnn.errors import UsageError
from charrnn.runs.checkpoints import latest_of, read_checkpoint
from charrnn.storage.rundir import RunDir
from charrnn.training.events import Stepped

CONFIG = """\
data: {path: text.txt, split: [0.7, 0.3, 0.0]}
model: {cell: rnn, hidden_size: 3, num_layers: 1}
train: {batch_size: 2, seq_length: 5, max_epochs: null, max_steps: 6, eval_every: 3, dtype: float64}
output: {dir: run, checkpoint_every: 2, keep: 1}
"""
ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG)
Files = dict[str, bytes]


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(CONFIG)
    Path("text.txt").write_text("abcd abcd abcc " * 8)


@dataclass
class Refusal:
    """The `nth` call that changes the disk fails, counted from 1; the 0th is never made."""

    nth: int = 0
    error: int = 0
    calls: int = 0
    told: str = ""

    @contextmanager
    def at_work(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("mkdir", "replace", "unlink", "fsync"):
                patch.setattr(os, name, self._watch(name, getattr(os, name)))
            patch.setattr(io, "open", self._watch_open(io.open))
            yield

    def _watch(self, name: str, call):
        def watched(first, *rest, **options):
            self._count(f"{name} {first}")
            return call(first, *rest, **options)

        return watched

    def _watch_open(self, call):
        def watched(path, mode="r", *rest, **options):
            if mode[0] in "xaw":
                self._count(f"open {path}")
            return call(path, mode, *rest, **options)

        return watched

    def _count(self, call: str) -> None:
        self.calls += 1
        if self.calls == self.nth:
            self.told = call
            raise OSError(self.error, os.strerror(self.error), call)


def run(**options) -> Iterator[int]:
    """Train, and tell the steps that are saved."""
    for event in api.train(api.load_config("config.yaml"), **options):
        if isinstance(event, Stepped) and event.step % 2 == 0:
            yield event.step


@pytest.fixture
def whole() -> Files:
    """The bytes of a run that nobody disturbed; the encoded text is in the cache from now on."""
    assert [*run()] == [2, 4, 6]
    files = saved()
    shutil.rmtree("run")
    return files


def saved() -> Files:
    return {path.name: path.read_bytes() for path in sorted(Path("run").rglob("*.npz"))}


def test_any_call_may_fail(whole: Files) -> None:
    once = Refusal()
    with once.at_work():
        assert [*run()] == [2, 4, 6]
    assert once.calls > 50
    for nth in range(1, once.calls + 1):
        shutil.rmtree("run")
        refusal, steps = Refusal(nth, ERRORS[nth % len(ERRORS)]), [0]
        with refusal.at_work(), suppress(UsageError):
            steps += run()
        assert not [*Path().rglob("*.tmp")] or refusal.told.startswith("unlink")
        for path in Path().rglob("*.npz"):
            read_checkpoint(path)
        latest = latest_of(RunDir(Path("run"))).intact
        assert steps[-1] <= (latest[1].header["step"] if latest else 0)
        assert [*run(resume=True)][-1:] in ([6], [])
        assert saved() == whole
        assert not [*Path().rglob("*.tmp")]


def test_a_write_that_is_cut_short_is_gone_on_with(
    whole: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sluggish(io.FileIO):
        """Takes a hundred bytes at a time, as the system may."""

        def write(self, data) -> int:
            return super().write(bytes(memoryview(data)[:100]))

    honest = io.open

    def sluggish(path, mode="r", *rest, **options):
        if mode == "xb":
            return io.BufferedWriter(Sluggish(path, "xb"))
        return honest(path, mode, *rest, **options)

    monkeypatch.setattr(io, "open", sluggish)
    assert [*run()] == [2, 4, 6]
    assert saved() == whole


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_the_refusal_is_told_by_name(whole: Files, error: int) -> None:
    refusal = Refusal(30, error)
    with refusal.at_work(), pytest.raises(UsageError) as told:
        [*run()]
    assert os.strerror(error) in str(told.value)
    assert "continue from it with `resume`" in str(told.value)


def test_a_folder_that_is_removed_ends_the_run(whole: Files) -> None:
    steps = run()
    assert next(steps) == 2
    shutil.rmtree("run")
    with pytest.raises(UsageError, match=r"run.* \(No such file"):
        next(steps)
    assert not Path("run").exists()


@pytest.mark.parametrize("name", ["last.npz", "best.npz", "checkpoints/step-00000004.npz"])
def test_a_folder_in_the_place_of_a_checkpoint_is_told(whole: Files, name: str) -> None:
    steps = run()
    assert next(steps) == 2
    Path("run", name).unlink(missing_ok=True)
    Path("run", name).mkdir()
    with pytest.raises(UsageError, match=rf"{name}: cannot be written \(it is not a regular file"):
        next(steps)
    assert not [*Path().rglob("*.tmp")]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_may_not_be_written_is_told(whole: Files) -> None:
    Path("run").mkdir(mode=0o500)
    with pytest.raises(UsageError, match="Permission denied"):
        [*run()]
