"""Value kinds: the plain form of each Python type in a config, in words and in JSON Schema."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, NewType, get_args, get_origin
from unicodedata import category

from charrnn.settings import Rule


@dataclass(frozen=True)
class Kind:
    """The plain values of one type: a test, a conversion, a limit, and a description of them."""

    noun: str
    fits: Callable[[Any], bool]
    convert: Callable[[Any], Any]
    limit: Rule
    schema: dict[str, Any]


def kind_of(hint: Any) -> Kind:
    """The kind of a type hint; `Literal` with one word accepts only that word."""
    if get_origin(hint) is Literal:
        (word,) = get_args(hint)
        return Kind(word, lambda x: x == word, str, UNLIMITED, {"const": word})
    return KINDS[hint]


def is_number(x: Any) -> bool:
    """True for int and float, but not for bool, which Python counts as int."""
    return isinstance(x, int | float) and not isinstance(x, bool)


def is_integer(x: Any) -> bool:
    """True for integers, including floats such as 1e3."""
    return is_number(x) and (isinstance(x, int) or x.is_integer())


def is_texts(x: Any) -> bool:
    return isinstance(x, str) or (isinstance(x, list) and all(isinstance(t, str) for t in x))


def are_three_numbers(x: Any) -> bool:
    return isinstance(x, list) and len(x) == 3 and all(map(is_number, x))


def is_finite(x: int | float) -> bool:
    """True unless the number is NaN or infinite; unlike math.isfinite, for integers of any size."""
    return abs(x) <= sys.float_info.max


def is_clean(text: str) -> bool:
    """True without control characters and lone surrogates, which no path or name may contain."""
    return all(category(c) not in ("Cc", "Cs") for c in text)


UNLIMITED = Rule(lambda x: True, "", {})

Symbol = NewType("Symbol", str)  # one character, possibly a newline

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
