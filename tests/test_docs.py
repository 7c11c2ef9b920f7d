"""The README says what is true: the reference, the commands, the recipes, the Python example."""

import contextlib
import io
import re
import sys
from pathlib import Path

import pytest

from charrnn import api
from charrnn.cli import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_what_is_generated_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import readme

    assert readme.generated(README) == README, "run python scripts/readme.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"charrnn {name}" in README


@pytest.mark.parametrize(
    "option",
    [
        "--set",
        "--resume",
        "--init-from",
        "--top-p",
        "--stop",
        "--interactive",
        "--novelty",
        "--corpus",
    ],
)
def test_the_options_are_in_the_readme(option: str) -> None:
    assert option in README


@pytest.mark.parametrize("path", sorted((ROOT / "configs").iterdir()), ids=lambda p: p.name)
def test_every_recipe_is_in_the_readme(path: Path) -> None:
    assert f"`configs/{path.name}`" in README


@pytest.mark.parametrize("path", sorted((ROOT / "data").glob("*.txt")), ids=lambda p: p.name)
def test_every_text_is_described(path: Path) -> None:
    assert f"`{path.name}`" in (ROOT / "data/README.md").read_text(encoding="utf-8")


def test_links_lead_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "data/README.md"):
        file = ROOT / name
        for target in re.findall(r"\]\(([^)#]+)\)", file.read_text(encoding="utf-8")):
            assert (file.parent / target).exists(), f"{name}: {target}"


def test_the_two_commands_are_there_and_ci_is_the_second() -> None:
    assert "bash scripts/demo" in README
    assert "bash scripts/test" in README
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert ci[-1] == "exec bash scripts/test"


def test_the_python_example_runs(charrnn) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    small = example.replace('["train.max_steps=500"]', '["train.max_steps=2"]')
    assert small != example
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(small, "README.md", "exec"), {})
    assert "Stepped(" in printed.getvalue()


def test_what_the_api_offers_is_documented() -> None:
    for name in api.__all__:
        assert getattr(api, name).__doc__, name
    assert sys.version_info >= (3, 11)
