"""The reader: a tree becomes a dataclass, and every problem on the way is kept."""

from collections.abc import Mapping
from typing import Any, TypeVar

from charrnn.config.keys import Choice, Key, UnfitError, dotted_keys, keys_of
from charrnn.config.problems import Place, Problem, did_you_mean
from charrnn.config.tree import Node

Section = TypeVar("Section")


class Reader:
    """Reads trees; `problems` grows as it goes.

    Where a value has a problem the default stands in for it, so that reading goes on and the
    rest of the file is checked as well.
    """

    def __init__(self, root: type) -> None:
        """`root` is the dataclass of the whole config, whose keys are suggested everywhere."""
        self.problems: list[Problem] = []
        self._homes = {dotted.rpartition(".")[2]: dotted for dotted, _ in dotted_keys(root)}

    def section(self, cls: type[Section], node: Node, dotted: str = "") -> Section:
        """The dataclass `cls` from a mapping; nothing at all (null) is all defaults."""
        if node.value is not None and not isinstance(node.value, dict):
            self._mismatch(node, dotted, "a mapping with keys")
        return cls(**self._values(cls, node, dotted))

    def _values(self, cls: type, node: Node, dotted: str) -> dict[str, Any]:
        known = keys_of(cls)
        entries = node.value if isinstance(node.value, dict) else {}
        prefix = f"{dotted}." if dotted else ""
        for name, entry in entries.items():
            if name not in known:
                self._unknown(name, entry.key_place, prefix, list(known))
        return {
            name: self._value(key, entries[name], prefix + name) if name in entries else key.default
            for name, key in known.items()
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
        told = f"found {node.found()}; expected {expected}"
        self._problem(node.place, dotted, told, question)

    def _unknown(self, name: str, place: Place, prefix: str, siblings: list[str]) -> None:
        home = self._homes.get(name, prefix + name)
        question = f"did you mean {home!r}?" if home != prefix + name else ""
        question = question or did_you_mean(name, siblings)
        known = "known here: " + (", ".join(siblings) or "none")
        self._problem(place, prefix + name, "unknown key", question or known)

    def _problem(self, place: Place, dotted: str, *parts: str) -> None:
        self.problems.append(Problem(place, dotted, "; ".join(part for part in parts if part)))
