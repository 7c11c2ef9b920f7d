"""A setting: a dataclass field that carries its constraint and its documentation.

Cells, optimizers, schedules and config sections are frozen dataclasses. Their fields are
the keys a user may write, so the field itself says what is allowed and what it is for, and
the checks, the schema and the reference in the README are all made from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Rule:
    """A constraint on a value: `holds` decides, `allowed` is it in words, `schema` in JSON Schema.

    The words follow a noun: "an integer" + "of at least 1".
    """

    holds: Callable[[Any], bool]
    allowed: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """What a key is for, its rule, whether a resumed run may change it, and where its names are.

    A key with a `table` is a choice: its value names an entry, a dataclass with settings of
    its own.
    """

    doc: str
    rule: Rule | None = None
    resumable: bool = False
    table: Mapping[str, type] | None = None


def setting(default: Any, doc: str, rule: Rule | None = None, *, resumable: bool = False) -> Any:
    """A dataclass field with `default`; its Setting is found under metadata["setting"]."""
    return field(default=default, metadata={"setting": Setting(doc, rule, resumable)})


def at_least(low: float) -> Rule:
    """`low` is allowed."""
    return Rule(lambda x: x >= low, f"of at least {low:g}", {"minimum": low})


def above(low: float) -> Rule:
    """`low` is not allowed."""
    return Rule(lambda x: x > low, f"greater than {low:g}", {"exclusiveMinimum": low})


def between(low: float, high: float) -> Rule:
    """`low` and `high` are both allowed."""
    return Rule(
        lambda x: low <= x <= high,
        f"from {low:g} to {high:g}",
        {"minimum": low, "maximum": high},
    )


def from_up_to(low: float, high: float) -> Rule:
    """`low` is allowed, `high` is not."""
    return Rule(
        lambda x: low <= x < high,
        f"from {low:g} up to, but not including, {high:g}",
        {"minimum": low, "exclusiveMaximum": high},
    )


def one_of(*names: str) -> Rule:
    """One of a few names; these words need no noun before them."""
    return Rule(lambda x: x in names, "one of " + ", ".join(names), {"enum": list(names)})
