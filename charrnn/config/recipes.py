"""Recipes: the configs that ship with charrnn, and the texts that some of them train on.

A source checkout has them in `configs/` and `data/` at its root; a wheel has the same two folders
inside the package, in `charrnn/shipped/`.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from charrnn.config.load import parse_config
from charrnn.config.problems import did_you_mean
from charrnn.errors import UsageError


class Recipe(NamedTuple):
    """A config that ships: its name, a summary in one line, its YAML, and its texts.

    `texts` has the bytes of each text by its `data.path`, or None for one that does not ship.
    """

    name: str
    summary: str
    config: str
    texts: dict[str, bytes | None]


def recipe_names() -> list[str]:
    """The names of all recipes, in alphabetical order."""
    configs = _shipped().joinpath("configs").iterdir()
    names = (file.name for file in configs)
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def recipe_named(name: str) -> Recipe:
    """The recipe `name`. Raises UsageError with the known names if there is none."""
    known = recipe_names()
    if name not in known:
        question = did_you_mean(name, known) or f"recipes: {', '.join(known)}"
        raise UsageError(f"no recipe {name!r}; {question}")
    config = _shipped().joinpath("configs", f"{name}.yaml").read_text(encoding="utf-8")
    paths = parse_config(config, name).data.path
    summary = config.partition("\n")[0].removeprefix("# ")
    return Recipe(name, summary, config, {path: _shipped_text(path) for path in paths})


def _shipped_text(path: str) -> bytes | None:
    text = _shipped().joinpath(*path.split("/"))
    return text.read_bytes() if text.is_file() else None


def _shipped() -> Traversable:
    """The folder that holds `configs/` and `data/`."""
    installed = files("charrnn").joinpath("shipped")
    return installed if installed.is_dir() else Path(__file__).parents[2]
