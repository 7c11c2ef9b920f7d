"""The repository: no large file, since a commit is for ever, and no test that is a library."""

import re
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


@pytest.mark.parametrize("folder", ["unit", "contracts", "cli", "browser", "golden"])
def test_no_test_module_imports_another(folder: str) -> None:
    modules = sorted((ROOT / "tests" / folder).glob("*.py"))
    imports = {
        path.name: re.findall(
            r"^from (tests[\w.]*\.test_\w+) import", path.read_text("utf-8"), re.M
        )
        for path in modules
    }
    assert modules
    assert {name: found for name, found in imports.items() if found} == {}
