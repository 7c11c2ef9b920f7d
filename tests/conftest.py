"""What all tests share: a cache of their own, and the command line as a function."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import hypothesis
import pytest

from tests.grid import FULL

# A busy machine is no defect, so there is no deadline.
hypothesis.settings.register_profile("charrnn", deadline=None, max_examples=200 if FULL else 50)
hypothesis.settings.load_profile("charrnn")

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["CHARRNN_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True, scope="session")
def _plain_kernels() -> None:
    """The kernels that are everywhere; those of the extra `fast` are chosen by their own tests."""
    os.environ["CHARRNN_KERNELS"] = "numpy"


@pytest.fixture(autouse=True, scope="session")
def _hears_of_a_terminal_that_goes() -> None:
    """Under nohup the signal is ignored, here and in whatever is started from here."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Ran(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def charrnn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> Callable[..., Ran]:
    """Run a command in this process, in an empty folder that has the project's data and configs."""
    from charrnn.cli import main

    for name in ("data", "configs"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["charrnn", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return Ran(int(ended.value.code or 0), *capfd.readouterr())

    return run


@pytest.fixture
def start(charrnn: Callable[..., Ran]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command as a process of its own, in the same folder; the test's end is its end."""
    started = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "charrnn", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
