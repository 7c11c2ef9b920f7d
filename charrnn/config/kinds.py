"""Kinds: how a value of a Python type is written in a config, named in words and in JSON Schema."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, NewType, get_args, get_origin
from unicodedata import category

from charrnn.settings import Rule


@dataclass(frozen=True)
class Kind:
    """One type: which plain values belong to it, within which limit, and what they become."""

    noun: str
    fits: Callable[[Any], bool]
    convert: Callable[[Any], Any]
    limit: Rule
    schema: dict[str, Any]


def kind_of(hint: Any) -> Kind:
    """The kind of a type; `Literal` with one word is the kind of that word."""
    if get_origin(hint) is Literal:
        (word,) = get_args(hint)
        return Kind(word, lambda x: x == word, str, UNLIMITED, {"const": word})
    return KINDS[hint]


def is_number(x: Any) -> bool:
    """True and False are integers to Python, but not to people."""
    return isinstance(x, int | float) and not isinstance(x, bool)


def is_integer(x: Any) -> bool:
    """1e3 is how some write 1000."""
    return is_number(x) and (isinstance(x, int) or x.is_integer())


def is_texts(x: Any) -> bool:
    return isinstance(x, str) or (isinstance(x, list) and all(isinstance(t, str) for t in x))


def are_three_numbers(x: Any) -> bool:
    return isinstance(x, list) and len(x) == 3 and all(map(is_number, x))


def is_finite(x: int | float) -> bool:
    """Unlike math.isfinite, this takes integers of any size."""
    return abs(x) <= sys.float_info.max


def is_clean(text: str) -> bool:
    """No control characters, no lone surrogates: no path and no name can hold them."""
    return all(category(c) not in ("Cc", "Cs") for c in text)


UNLIMITED = Rule(lambda x: True, "", {})

Symbol = NewType("Symbol", str)  # one character of any kind, a newline too

KINDS: dict[Any, Kind] = {
    NoneType: Kind("null", lambda x: x is None, lambda x: x, UNLIMITED, {"type": "null"}),
    bool: Kind(
        "true or false", lambda x: isinstance(x, bool), bool, UNLIMITED, {"type": "boolean"}
    ),
    int: Kind(
        "an integer",
        is_integer,
        int,
        Rule(lambda x: abs(x) < 2**63, "below 2**63", {}),
        {"type": "integer"},
    ),
    float: Kind(
        "a number", is_number, float, Rule(is_finite, "that is finite", {}), {"type": "number"}
    ),
    str: Kind(
        "text",
        lambda x: isinstance(x, str),
        str,
        Rule(is_clean, "without control characters", {}),
        {"type": "string"},
    ),
    Symbol: Kind(
        "one character",
        lambda x: isinstance(x, str) and len(x) == 1,
        str,
        UNLIMITED,
        {"type": "string", "minLength": 1, "maxLength": 1},
    ),
    tuple[str, ...]: Kind(
        "a path or a list of paths",
        is_texts,
        lambda x: (x,) if isinstance(x, str) else tuple(x),
        Rule(lambda x: all(map(is_clean, x)), "without control characters", {}),
        {"type": ["string", "array"], "items": {"type": "string"}},
    ),
    tuple[float, float, float]: Kind(
        "three numbers",
        are_three_numbers,
        lambda x: tuple(map(float, x)),
        Rule(lambda x: all(map(is_finite, x)), "that are finite", {}),
        {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3},
    ),
}
