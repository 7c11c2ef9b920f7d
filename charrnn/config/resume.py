"""Comparison of two configs when a run is resumed: allowed and refused changes of keys."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, NamedTuple

from charrnn.config.keys import Choice, keys_of
from charrnn.config.schema import Config, plain


class Change(NamedTuple):
    """A dotted key with its old and its new value."""

    key: str
    old: Any
    new: Any


def resume_changes(old: Config, new: Config) -> tuple[list[Change], list[Change]]:
    """The changes from `old` to `new`: those allowed for a resumed run, and those refused.

    If a choice has another name, the name counts as the change, and options that only one of the
    two names has are not compared.
    """
    before = {key: value for key, value, _ in _values(old)}
    allowed: list[Change] = []
    refused: list[Change] = []
    for key, value, resumable in _values(new):
        if key in before and before[key] != value:
            change = Change(key, plain(before[key]), plain(value))
            (allowed if resumable else refused).append(change)
    return allowed, refused


def _values(section: object, prefix: str = "") -> Iterator[tuple[str, Any, bool]]:
    """Every dotted key of a config, its value, and True if a resumed run may change it."""
    cls: type = type(section)
    for name, key in keys_of(cls).items():
        value, dotted = getattr(section, name), f"{prefix}{name}"
        if isinstance(value, Choice):
            yield f"{dotted}.name", value.name, False
            for option, option_key in keys_of((key.setting.table or {})[value.name]).items():
                yield f"{dotted}.{option}", value.options[option], option_key.setting.resumable
        elif is_dataclass(value):
            yield from _values(value, f"{dotted}.")
        else:
            yield dotted, value, key.setting.resumable
