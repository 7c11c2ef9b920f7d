"""Events as lines of metrics.jsonl, and back: the fields of a dataclass are the keys of its line.

A field says in its annotation where its line differs: `seconds: Annotated[float, Rounded(3)]`. A
line may come from an edited file, or from an older version, so each value is read
by the type of its field: a number that is missing or not finite is NaN, a value that may be None is
None, and an event that lacks anything else is not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from math import isfinite, nan
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    get_args,
    get_origin,
    get_type_hints,
)

LARGEST = 2**53  # up to here a float counts without a gap


@dataclass(frozen=True)
class Rounded:
    """The line has the number rounded to `digits` decimals."""

    digits: int


@dataclass(frozen=True)
class Default:
    """A line that lacks the value is read as if it had this one."""

    value: Any


@dataclass(frozen=True)
class Unrecorded(Default):
    """The line never has the value; an event that was read has this one."""


class _MissingError(Exception):
    """A line lacks a value that its event cannot be without."""


class _Field(NamedTuple):
    """A field of an event: its type and the marks of its annotation."""

    name: str
    kind: Any
    digits: int | None
    default: Default | None
    given: bool  # by the caller who makes the event; else it follows from other fields

    @property
    def recorded(self) -> bool:
        return not isinstance(self.default, Unrecorded)

    def write(self, value: Any) -> Any:
        return value if self.digits is None else round(value, self.digits)

    def read(self, line: Mapping[str, Any]) -> Any:
        try:
            if self.recorded:
                return _value(self.kind, line.get(self.name))
        except _MissingError:
            if self.default is None:
                raise
        return self.default and self.default.value


def to_line(name: str, event: Any) -> dict[str, Any]:
    """The line of `event`, whose kind the record calls `name`."""
    values = {
        f.name: f.write(getattr(event, f.name)) for f in _fields(event.__class__) if f.recorded
    }
    return {"event": name, **values}


def from_line(kind: Any, line: Mapping[str, Any]) -> Any:
    """The event of class `kind` in a line that `to_line` made, rounded; None if there is none."""
    try:
        return kind(**{f.name: f.read(line) for f in _fields(kind) if f.given})
    except _MissingError:
        return None


@cache
def _fields(kind: Any) -> tuple[_Field, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_field(f.name, hints[f.name], given=f.init) for f in fields(kind))


def _field(name: str, annotation: Any, *, given: bool) -> _Field:
    kind, *marks = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
    digits = next((mark.digits for mark in marks if isinstance(mark, Rounded)), None)
    default = next((mark for mark in marks if isinstance(mark, Default)), None)
    return _Field(name, kind, digits, default, given)


def _value(kind: Any, value: Any) -> Any:
    """`value` as one of type `kind`. Raises _MissingError where it cannot be one."""
    if get_origin(kind) is UnionType:
        kind, none = get_args(kind)
        assert none is NoneType
        return None if value is None else _value(kind, value)
    if kind is float:
        return _number(value)
    if kind is int and type(value) is int and 0 <= value < LARGEST:
        return value
    if kind in (bool, str) and isinstance(value, kind):
        return value
    if get_origin(kind) is Literal and value in get_args(kind):
        return value
    raise _MissingError


def _number(value: Any) -> float:
    """A finite number, a truth as 0 or 1; NaN for anything else."""
    try:
        number = float(value) if isinstance(value, int | float) else nan
    except OverflowError:
        return nan
    return number if isfinite(number) else nan
