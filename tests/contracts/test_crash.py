"""The two scripts that kill runs, for as long as a test may last."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grid import FULL, thinned

SCRIPTS = Path(__file__).parents[2] / "scripts"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="for Linux")


def said(name: str, *arguments: str) -> str:
    command = [sys.executable, str(SCRIPTS / name), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("workers", thinned(["1", "2"], ["2"]))
def test_kills_at_random_moments_lose_nothing(workers: str) -> None:
    kills = "4" if FULL else "2"
    said_last = said("crash.py", "--kills", kills, "--workers", workers)
    assert said_last.startswith(f"{kills} kills")


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_any_system_call_of_a_save_may_fail_or_be_the_last() -> None:
    old, new = map(int, re.findall(r"(\d+) times", said("faults.py", "--every", "9")))
    assert old > 2
    assert new > 2
