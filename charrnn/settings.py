"""Settings: dataclass fields with a constraint and documentation.

Cells, optimizers, schedules and config sections are frozen dataclasses, and their fields are the
keys of a config. Checks, the JSON Schema and the config reference are all derived from the fields.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Rule:
    """A constraint on a value as a function (`holds`), in words (`allowed`), and as JSON Schema.

    The words follow a noun: "an integer" + "of at least 1".
    """

    holds: Callable[[Any], bool]
    allowed: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """The documentation and constraint of a key.

    A resumed run may change a `resumable` key. A key with a `table` is a choice: its value is the
    name of an entry, which is a dataclass with settings of its own.
    """

    doc: str
    rule: Rule | None = None
    resumable: bool = False
    table: Mapping[str, type] | None = None


def setting(default: Any, doc: str, rule: Rule | None = None, *, resumable: bool = False) -> Any:
    """A dataclass field with `default`, and with its Setting in metadata["setting"]."""
    return field(default=default, metadata={"setting": Setting(doc, rule, resumable)})


def at_least(low: float) -> Rule:
    """A rule: x >= low."""
    return Rule(lambda x: x >= low, f"of at least {low:g}", {"minimum": low})


def above(low: float) -> Rule:
    """A rule: x > low."""
    return Rule(lambda x: x > low, f"greater than {low:g}", {"exclusiveMinimum": low})


def between(low: float, high: float) -> Rule:
    """A rule: low <= x <= high."""
    return Rule(
        lambda x: low <= x <= high,
        f"from {low:g} to {high:g}",
        {"minimum": low, "maximum": high},
    )


def from_up_to(low: float, high: float) -> Rule:
    """A rule: low <= x < high."""
    return Rule(
        lambda x: low <= x < high,
        f"from {low:g} up to, but not including, {high:g}",
        {"minimum": low, "exclusiveMaximum": high},
    )


def one_of(*names: str) -> Rule:
    """A rule: the value is one of these names. Its words need no noun before them."""
    return Rule(lambda x: x in names, "one of " + ", ".join(names), {"enum": list(names)})
