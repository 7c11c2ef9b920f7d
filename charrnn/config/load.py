"""Loading a Config from YAML and overrides KEY=VALUE, and dumping it as YAML."""

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

CHOICES = {dotted for dotted, key in dotted_keys(Config) if key.setting.table is not None}


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """The config in the file `path`, with each override KEY=VALUE applied in turn.

    Raises ConfigError with all problems of the file and the overrides, one line each.
    """
    return parse_config(read_source(path), str(path), overrides)


def parse_config(text: str, source_name: str, overrides: Sequence[str] = ()) -> Config:
    """The config in `text`, named `source_name` in messages. Empty text gives all defaults.

    Raises ConfigError as `load_config` does.
    """
    root, problems = tree_of_yaml(text, lambda line, column: Place(source_name, line, column))
    if root.value is None or isinstance(root.value, dict):  # else there are no keys to override
        for assignment in overrides:
            root = _overridden(root, assignment, problems)
    return Config.from_tree(root, problems)


def _overridden(root: Node, assignment: str, problems: list[Problem]) -> Node:
    """`root` with one override KEY=VALUE; syntax errors in it are appended to `problems`."""
    place = Place(f"override {shortened(assignment)}")
    parts = split_override(assignment)
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
