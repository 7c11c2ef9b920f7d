"""Config trees: plain values, each with its place in the source.

YAML text, overrides and the header of a checkpoint all become trees, and the same reader checks
all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from charrnn.config.problems import NOWHERE, Place
from charrnn.terminal import shortened

DEEPEST = 20


@dataclass(frozen=True)
class Node:
    """A value with its place, the place of its key, and, for a number, its spelling (`written`).

    `value` is None, a bool, an int, a float, a str, a list of Nodes or a dict of Nodes.
    """

    value: Any
    place: Place = NOWHERE
    key_place: Place = NOWHERE
    written: str = ""

    def in_words(self) -> str:
        """A short form of the value for a message."""
        match self.value:
            case None:
                return "null"
            case bool():
                return str(self.value).lower()
            case str():
                return f"text {shortened(self.value)!r}"
            case list():
                return "a list"
            case dict():
                return "a mapping"
        return shortened(self.written)

    def plain(self) -> Any:
        """The value as plain data, without places."""
        match self.value:
            case list():
                return [node.plain() for node in self.value]
            case dict():
                return {key: node.plain() for key, node in self.value.items()}
        return self.value

    def place_of(self, key: str) -> Place:
        """The place of the value of a dotted key, or of the innermost mapping around it."""
        node = self
        for name in key.split("."):
            if not isinstance(node.value, dict) or name not in node.value:
                break
            node = node.value[name]
        return node.place


def tree_of(value: Any, depth: int = DEEPEST) -> Node:
    """The tree of plain data, without places.

    Data deeper than `depth` levels is cut off. No key is that deep, so the reader refuses it.
    """
    if depth == 0:
        return Node(None)
    match value:
        case list() | tuple():
            return Node([tree_of(item, depth - 1) for item in value])
        case Mapping():
            return Node({str(key): tree_of(item, depth - 1) for key, item in value.items()})
    return Node(value, written=repr(value))
