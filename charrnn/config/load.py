"""From a file or a text, and overrides KEY=VALUE, to a Config; and from a Config to text."""

from collections.abc import Sequence
from pathlib import Path

from charrnn.config.keys import dotted_keys
from charrnn.config.overrides import override, split_override
from charrnn.config.problems import Place, Problem
from charrnn.config.schema import Config
from charrnn.config.source import read_source
from charrnn.config.tree import Node
from charrnn.config.yaml_tree import tree_of_yaml, yaml_of
from charrnn.terminal import shortened

CHOICES = {key for key, known in dotted_keys(Config) if known.setting.table is not None}


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """The config in the file `path`, each override KEY=VALUE laid over it in turn.

    Raises ConfigError with every problem of the file and of the overrides, a line for each.
    """
    return parse_config(read_source(path), str(path), overrides)


def parse_config(text: str, source_name: str, overrides: Sequence[str] = ()) -> Config:
    """The config in `text`; messages call it `source_name`. A text with no keys is all defaults.

    Raises ConfigError as `load_config` does.
    """
    root, problems = tree_of_yaml(text, lambda line, column: Place(source_name, line, column))
    if root.value is None or isinstance(root.value, dict):  # else there are no keys to lay over
        for given in overrides:
            root = _overridden(root, given, problems)
    return Config.from_tree(root, problems)


def _overridden(root: Node, given: str, problems: list[Problem]) -> Node:
    """`root` with one override; what is wrong with the override itself joins `problems`."""
    place = Place(f"override {shortened(given)}")
    parts = split_override(given)
    if parts is None:
        advice = "expected KEY=VALUE, for example train.seed=2"
        problems.append(Problem(place, "", advice))
        return root
    key, written = parts
    value, faults = tree_of_yaml(written, lambda line, column: place)
    problems += [Problem(place, key, fault.text) for fault in faults]
    return root if faults else override(root, key, value, CHOICES)


def dump_config(config: Config) -> str:
    """Every key of `config` as YAML, from which `parse_config` makes an equal config."""
    return yaml_of(config.to_dict())
