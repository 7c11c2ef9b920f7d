"""The reader of config trees: it builds the dataclasses and collects all problems."""

from collections.abc import Mapping
from typing import Any, TypeVar

from charrnn.config.keys import Choice, Key, UnfitError, dotted_keys, keys_of
from charrnn.config.problems import Place, Problem, did_you_mean
from charrnn.config.tree import Node

Section = TypeVar("Section")


class Reader:
    """Reads trees and appends to `problems`.

    A value with a problem is replaced by the default, so that the rest of the file is checked too.
    """

    def __init__(self, root: type) -> None:
        """`root` is the dataclass of the whole config, whose keys are the suggestions for typos."""
        self.problems: list[Problem] = []
        self._homes = {dotted.rpartition(".")[2]: dotted for dotted, _ in dotted_keys(root)}

    def section(self, cls: type[Section], node: Node, dotted: str = "") -> Section:
        """An object of the dataclass `cls` from a mapping; null gives all defaults."""
        if node.value is not None and not isinstance(node.value, dict):
            self._mismatch(node, dotted, "a mapping with keys")
        return cls(**self._values(cls, node, dotted))

    def _values(self, cls: type, node: Node, dotted: str) -> dict[str, Any]:
        keys = keys_of(cls)
        entries = node.value if isinstance(node.value, dict) else {}
        prefix = f"{dotted}." if dotted else ""
        for name, entry in entries.items():
            if name not in keys:
                self._unknown(name, entry.key_place, prefix, list(keys))
        return {
            name: self._value(key, entries[name], prefix + name) if name in entries else key.default
            for name, key in keys.items()
        }

    def _value(self, key: Key, node: Node, dotted: str) -> Any:
        if key.is_section:
            return self.section(key.hint, node, dotted)
        if key.setting.table is not None:
            return self._choice(key, key.setting.table, node, dotted)
        try:
            return key.read(node.plain())
        except UnfitError as unfit:
            self._mismatch(node, dotted, str(unfit), key.words)
            return key.default

    def _choice(self, key: Key, table: Mapping[str, type], node: Node, dotted: str) -> Choice:
        default: Choice = key.default
        if node.value is None:
            return default
        entries = dict(node.value) if isinstance(node.value, dict) else {"name": node}
        named = entries.pop("name", Node(default.name))
        if not isinstance(named.value, str) or named.value not in table:
            self._mismatch(
                named, dotted if named is node else f"{dotted}.name", key.expected, key.words
            )
            return default
        options = self._values(table[named.value], Node(entries, node.place), dotted)
        return Choice(named.value, options)

    def _mismatch(
        self, node: Node, dotted: str, expected: str, words: tuple[str, ...] = ()
    ) -> None:
        question = did_you_mean(node.value, words) if isinstance(node.value, str) else ""
        mismatch = f"found {node.in_words()}; expected {expected}"
        self._problem(node.place, dotted, mismatch, question)

    def _unknown(self, name: str, place: Place, prefix: str, siblings: list[str]) -> None:
        home = self._homes.get(name, prefix + name)
        question = f"did you mean {home!r}?" if home != prefix + name else ""
        question = question or did_you_mean(name, siblings)
        suggestion = "known here: " + (", ".join(siblings) or "none")
        self._problem(place, prefix + name, "unknown key", question or suggestion)

    def _problem(self, place: Place, dotted: str, *parts: str) -> None:
        self.problems.append(Problem(place, dotted, "; ".join(part for part in parts if part)))
