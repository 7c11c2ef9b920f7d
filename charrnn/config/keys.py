"""Config keys, derived from the fields of dataclasses of settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from charrnn.config.kinds import Kind, kind_of
from charrnn.settings import Setting, one_of


@dataclass(frozen=True)
class Choice:
    """A name from a table, and the values of all settings of the class with that name."""

    name: str
    options: Mapping[str, Any]


def choice(name: str, doc: str, table: Mapping[str, type]) -> Any:
    """A dataclass field that holds a Choice from `table`, by default `name`."""
    return field(
        default=Choice(name, defaults_of(table[name])),
        metadata={"setting": Setting(doc, table=table)},
    )


class UnfitError(Exception):
    """A value is not allowed for its key; the message is the expected form."""


@dataclass(frozen=True)
class Key:
    """A config key: the name, type hint and default of a field, and its Setting."""

    name: str
    hint: Any
    default: Any
    setting: Setting

    @property
    def is_section(self) -> bool:
        """True if the value is a mapping with keys of its own; a Choice is not a section."""
        return is_dataclass(self.hint) and self.setting.table is None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The allowed kinds of value; the rule of the Setting applies to the first."""
        is_union = get_origin(self.hint) in (Union, UnionType)
        return tuple(map(kind_of, get_args(self.hint) if is_union else (self.hint,)))

    @property
    def words(self) -> tuple[str, ...]:
        """The names to choose from; empty for a key without a list of names."""
        rule, table = self.setting.rule, self.setting.table
        return tuple(table or (rule.schema.get("enum", ()) if rule else ()))

    @property
    def expected(self) -> str:
        """The allowed values in words, for messages and comments."""
        rule = self.setting.rule
        if self.setting.table is not None:
            return one_of(*self.words).allowed
        first, *others = (kind.noun for kind in self.kinds)
        if rule is not None:
            first = rule.allowed if self.words else f"{first} {rule.allowed}"
        return " or ".join([first, *others])

    def read(self, value: Any) -> Any:
        """The plain `value` converted to the type of the field. Raises UnfitError."""
        kind = next((kind for kind in self.kinds if kind.fits(value)), None)
        if kind is None:
            raise UnfitError(self.expected)
        if not kind.limit.holds(value):
            raise UnfitError(f"{kind.noun} {kind.limit.allowed}")
        converted, rule = kind.convert(value), self.setting.rule
        if rule and kind is self.kinds[0] and not rule.holds(converted):
            raise UnfitError(self.expected)
        return converted


@cache
def keys_of(cls: type) -> dict[str, Key]:
    """The keys of a dataclass by name: its fields that have a Setting."""
    hints = get_type_hints(cls)
    keys = {}
    for item in fields(cls):
        if "setting" in item.metadata:
            setting = item.metadata["setting"]
            keys[item.name] = Key(item.name, hints[item.name], item.default, setting)
    return keys


def defaults_of(cls: type) -> dict[str, Any]:
    """The default of every key of a dataclass."""
    return {name: key.default for name, key in keys_of(cls).items()}


def dotted_keys(cls: type, prefix: str = "") -> Iterator[tuple[str, Key]]:
    """Every dotted key of a config in file order, with the options of every name of a choice."""
    for name, key in keys_of(cls).items():
        dotted = f"{prefix}{name}"
        yield dotted, key
        for inner in [key.hint] if key.is_section else (key.setting.table or {}).values():
            yield from dotted_keys(inner, f"{dotted}.")
