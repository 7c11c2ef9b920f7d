"""charrnn train with several processes: the same losses, the same bytes, and nobody left behind."""

import multiprocessing
import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from charrnn import api
from charrnn.errors import WorkerLostError
from charrnn.runs.checkpoints import read_checkpoint
from charrnn.training.events import Stepped
from tests.runs import CONFIG, TEXT, digests, lines, steady
from tests.waiting import soon

posix = pytest.mark.skipif(os.name != "posix", reason="needs process groups")


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.replace("batch_size: 4", "batch_size: 5"))
    (tmp_path / "text.txt").write_text(TEXT)


def losses(run: str) -> list[float]:
    return [line["loss"] for line in lines(run) if line["event"] in ("step", "eval")]


def test_one_two_and_three_workers_learn_the_same(charrnn) -> None:
    for n in (1, 2, 3):
        ran = charrnn("train", "config.yaml", "--workers", str(n), "--out", f"run{n}")
        assert ran.code == 0
        assert f"{n} process" in ran.err
        assert lines(f"run{n}")[0]["workers"] == n
    for n in (2, 3):
        np.testing.assert_allclose(losses(f"run{n}"), losses("run1"), rtol=1e-10)
    assert not multiprocessing.active_children()


def test_the_same_number_of_workers_gives_the_same_bytes_resumed_or_not(charrnn) -> None:
    float32 = ["--workers", "2", "--set", "train.dtype=float32"]
    charrnn("train", "config.yaml", *float32, "--out", "whole")
    charrnn("train", "config.yaml", *float32, "--out", "parts", "--max-steps", "33")
    shutil.rmtree("parts/checkpoints")
    charrnn("train", "config.yaml", *float32, "--out", "again")
    assert digests("again") == digests("whole")
    assert steady("again") == steady("whole")


def test_a_run_goes_on_with_another_number_of_workers(charrnn) -> None:
    charrnn("train", "config.yaml", "--out", "whole")
    for workers, steps in (("2", "20"), ("3", "41"), ("1", "60")):
        ran = charrnn(
            "train", "config.yaml", "--out", "run", "--resume", "--workers", workers,
            "--max-steps", steps, "--set", "schedule=constant",
        )  # fmt: skip
        assert ran.code == 0, ran.err
    charrnn("train", "config.yaml", "--out", "alone", "--set", "schedule=constant")
    np.testing.assert_allclose(
        read_checkpoint(Path("run/last.npz")).arrays["params/layers.1.Wh"],
        read_checkpoint(Path("alone/last.npz")).arrays["params/layers.1.Wh"],
        rtol=1e-8,
        atol=1e-10,
    )


def test_more_workers_than_tracks_are_told(charrnn) -> None:
    ran = charrnn("train", "config.yaml", "--workers", "9", "--max-steps", "1")
    assert ran.code == 0
    assert "9 workers cannot share 5 tracks: 5 workers" in ran.err


def test_auto_says_what_it_picked(charrnn) -> None:
    ran = charrnn("train", "config.yaml", "--workers", "auto", "--max-steps", "1")
    assert ran.code == 0
    assert "computing   1 process, BLAS threads 1 each" in ran.err


def test_a_worker_that_dies_ends_the_run_saved(charrnn) -> None:
    config = api.load_config("config.yaml", ["train.workers=3", "train.max_steps=100000"])
    events = api.train(config)

    def kill_one_at_step_5() -> None:
        for event in events:
            if isinstance(event, Stepped) and event.step == 5:
                multiprocessing.active_children()[1].kill()

    with pytest.raises(WorkerLostError, match=r"the run is saved after step \d+.*`resume`"):
        kill_one_at_step_5()
    assert not multiprocessing.active_children()
    assert read_checkpoint(Path("run/last.npz")).header["step"] in (5, 6)
    ran = charrnn("train", "config.yaml", "--resume", "--workers", "2", "--max-steps", "20")
    assert ran.code == 0, ran.err
    charrnn("train", "config.yaml", "--max-steps", "20", "--out", "whole")
    # The rate follows the share of the run that is done, which the first command made tiny.
    assert len(losses("run")) == len(losses("whole"))


def test_a_reader_who_leaves_leaves_no_worker(charrnn) -> None:
    config = api.load_config("config.yaml", ["train.workers=2", "train.max_steps=100000"])
    events = api.train(config)
    for event in events:
        if isinstance(event, Stepped):
            break
    events.close()
    assert not multiprocessing.active_children()


STARTED: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def nothing_outlives_a_test() -> Iterator[None]:
    """A run that was to go on for ever does not, whatever a test thinks of it."""
    yield
    while STARTED:
        with suppress(ProcessLookupError):
            os.killpg(STARTED.pop().pid, signal.SIGKILL)


def training(*more: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """A run in a process group of its own, which has begun to train."""
    quiet = ["--quiet"] if stderr == subprocess.PIPE else []
    process = subprocess.Popen(
        [sys.executable, "-m", "charrnn", "train", "config.yaml", "--workers", "2",
         "--max-steps", "1000000", *quiet, *more],
        stderr=stderr,
        text=True,
        start_new_session=True,
    )  # fmt: skip
    STARTED.append(process)
    if soon(lambda: process.poll() is not None or told() > 2) and process.poll() is None:
        return process
    process.kill()
    raise AssertionError(process.communicate()[1])


def told() -> int:
    """How many steps the record tells of."""
    path = Path("run/metrics.jsonl")
    return path.read_text().count('{"event": "step"') if path.exists() else 0


def all_gone(group: int) -> bool:
    """Whether no process of the group is left, within ten seconds."""

    def gone() -> bool:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        return False

    return soon(gone, seconds=10)


@posix
@pytest.mark.parametrize(
    ("number", "code", "whole_group"), [(signal.SIGINT, 130, True), (signal.SIGTERM, 143, False)]
)
def test_a_signal_ends_all_of_them_saved(charrnn, number: int, code: int, whole_group) -> None:
    process = training()
    (os.killpg if whole_group else os.kill)(process.pid, number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert err == ""
    assert all_gone(process.pid)
    assert read_checkpoint(Path("run/last.npz")).header["step"] == lines()[-1]["step"]


@posix
@pytest.mark.parametrize("whole_group", [False, True])
def test_asked_to_save_a_run_saves_and_goes_on(charrnn, whole_group) -> None:
    process = training("--set", "output.checkpoint_every=1000000")
    for _ in range(3):
        before = told()
        Path("run/last.npz").unlink(missing_ok=True)
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGUSR1)
        assert soon(Path("run/last.npz").exists)
        assert soon(lambda n=before: told() > n + 5)
        assert before <= read_checkpoint(Path("run/last.npz")).header["step"] <= told()
    process.terminate()
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 143


@posix
def test_a_second_signal_leaves_at_once(charrnn) -> None:
    process = training()
    process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=60)
    assert process.returncode == 143  # the second one's; the first alone gives 130
    assert all_gone(process.pid)


@posix
def test_a_terminal_that_goes_leaves_a_run_saved(charrnn) -> None:
    leader, follower = os.openpty()
    process = training(stderr=follower)
    os.close(follower)
    os.close(leader)
    process.send_signal(signal.SIGHUP)
    try:
        process.wait(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 129
    assert lines()[-1]["reason"] == "interrupted"
    assert all_gone(process.pid)


@posix
def test_workers_do_not_outlive_a_leader_that_is_killed(charrnn) -> None:
    process = training()
    process.kill()
    process.communicate(timeout=60)
    assert all_gone(process.pid)


beside_python = str(Path(sys.executable).parent)
mpirun = shutil.which("mpirun", path=os.pathsep.join([beside_python, os.environ["PATH"]]))
needs_mpi = pytest.mark.skipif(
    mpirun is None or find_spec("mpi4py") is None, reason="needs mpi4py and an MPI launcher"
)


@pytest.mark.skipif(
    not os.environ.get("CI") or (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="what is installed elsewhere is up to you",
)
def test_continuous_integration_has_mpi() -> None:
    assert mpirun is not None
    assert find_spec("mpi4py") is not None


def mpi_run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Two ranks; Open MPI runs as root only if both variables say so."""
    allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    return subprocess.run(
        [mpirun, "-n", "2", sys.executable, "-m", "charrnn", "train", *arguments],
        env={**os.environ, **allowed},
        capture_output=True,
        text=True,
        timeout=100,
    )


@needs_mpi
def test_ranks_of_mpi_learn_what_one_process_learns(charrnn) -> None:
    charrnn("train", "config.yaml", "--out", "alone")
    ran = mpi_run("config.yaml", "--out", "mpi")
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count("all steps done") == 1
    assert lines("mpi")[0]["workers"] == 2
    np.testing.assert_allclose(losses("mpi"), losses("alone"), rtol=1e-10)


@needs_mpi
def test_ranks_of_mpi_fail_together_and_say_it_once(charrnn) -> None:
    ran = mpi_run("config.yaml", "--set", "data.path=none.txt")
    assert ran.returncode != 0
    assert ran.stderr.count("error: none.txt: there is no such file") == 1
