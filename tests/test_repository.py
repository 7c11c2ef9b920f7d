"""What is in the repository: nothing large, since whatever is committed once is there for ever."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LARGEST = 2**20


def tracked_files() -> list[Path]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_no_tracked_file_is_above_one_megabyte() -> None:
    files = [path for path in tracked_files() if path.is_file()]
    assert files
    sizes = {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in files}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
