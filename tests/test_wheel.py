"""The wheel: what it holds, and that it works in an empty folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED_TEXTS = {"fables.txt", "hello.txt"}  # those that recipes train on


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this checkout, built with the Hatchling of this environment."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (path,) = folder.glob("charrnn-*-py3-none-any.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the wheel, without its dependencies."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(folder), str(wheel)], check=True, capture_output=True)
    return folder


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "charrnn").rglob("*")
        if path.suffix in {".py", ".pyi", ".js", ".css"} or path.name == "py.typed"
    }
    recipes = {f"charrnn/shipped/configs/{p.name}" for p in (ROOT / "configs").glob("*.yaml")}
    texts = {f"charrnn/shipped/data/{name}" for name in SHIPPED_TEXTS}
    names = names_in(wheel)
    metadata = {name for name in names if ".dist-info/" in name}
    assert names - metadata == package | recipes | texts
    assert any(name.endswith("/licenses/LICENSE") for name in metadata)
    assert wheel.stat().st_size < 1_000_000


def test_the_page_of_the_package_index_has_no_relative_link(wheel: Path) -> None:
    (name,) = (name for name in names_in(wheel) if name.endswith("METADATA"))
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(name).decode("utf-8")
    assert "pip install charrnn" in text
    assert "](" not in text.replace("](http", "")


def test_an_installed_recipe_trains_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "charrnn", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(installed)},
            check=True,
            capture_output=True,
            encoding="utf-8",
        )

    run("config", "init", "--recipe", "quickstart")
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert written == {"quickstart.yaml", "data/fables.txt"}
    run("train", "quickstart.yaml", "--max-steps", "2", "--set", "output.sample_every=null")
    assert run("sample", "runs/quickstart", "-n", "5").stdout
