"""Overrides KEY=VALUE (option `--set`): changes to the tree of a config file, in order."""

import re
from collections.abc import Collection
from dataclasses import replace

from charrnn.config.problems import Place
from charrnn.config.tree import Node

ASSIGNMENT = re.compile(r"([^.=\s]+(?:\.[^.=\s]+)*)=(.*)", re.DOTALL)


def split_override(text: str) -> tuple[str, str] | None:
    """KEY and VALUE, or None if `text` is not KEY=VALUE."""
    match = ASSIGNMENT.fullmatch(text)
    return (match[1], match[2]) if match else None


def override(root: Node, key: str, value: Node, choices: Collection[str]) -> Node:
    """`root` with `value` at the dotted `key`. `choices` are the dotted keys of all choices.

    The options of a choice belong to its name, so a new name replaces the whole choice.
    """
    parent, _, last = key.rpartition(".")
    if last == "name" and parent in choices:
        key = parent
    return _replaced(root, "", key.split("."), value, choices)


def _replaced(
    node: Node, here: str, path: list[str], value: Node, choices: Collection[str]
) -> Node:
    """`node`, at the dotted key `here`, with `value` at the end of `path` below it."""
    if not path:
        return replace(value, key_place=value.place)
    place: Place = value.place
    entries: dict[str, Node] = {}
    if isinstance(node.value, dict):
        place, entries = node.place, node.value
    elif here in choices and isinstance(node.value, str):
        place, entries = node.place, {"name": node}
    name, *rest = path
    child = entries.get(name, Node(None, value.place, value.place))
    child_key = f"{here}.{name}" if here else name
    changed = _replaced(child, child_key, rest, value, choices)
    return replace(node, value={**entries, name: changed}, place=place)
