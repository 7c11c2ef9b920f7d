"""Resolution of plain YAML scalars to null, booleans, numbers and text.

The rules are the core schema of YAML 1.2 without octal and hexadecimal numbers. PyYAML follows
YAML 1.1, where 1e-3 is text, `no` is false, 010 is 8 and 1:30 is 90.
"""

import re
from typing import TypeAlias

Scalar: TypeAlias = bool | int | float | str | None

CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
INTEGER = re.compile(r"[-+]?[0-9]+")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
LEADING_ZEROS = re.compile(r"^([-+]?)0+(?=[0-9])")
MOST_DIGITS = 30


def without_leading_zeros(word: str) -> str:
    """An integer without leading zeros (octal in YAML 1.1); any other word unchanged."""
    return LEADING_ZEROS.sub(r"\1", word) if INTEGER.fullmatch(word) else word


def scalar_of(word: str) -> Scalar:
    """The value of an unquoted `word`."""
    if word in CONSTANTS:
        return CONSTANTS[word]
    # int() takes quadratic time and refuses thousands of digits, which no key needs.
    if INTEGER.fullmatch(word) and len(word) <= MOST_DIGITS:
        return int(word)
    return float(word) if NUMBER.fullmatch(word) else word
