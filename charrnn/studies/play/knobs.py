"""What can be changed in a session: the fields of a request, by the names of its commands."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from charrnn.errors import UsageError
from charrnn.runs.sample import Request

ESCAPES = {r"\n": "\n", r"\t": "\t", r"\\": "\\"}
OFF = "off"
USUAL = Request()


class Knob(NamedTuple):
    """A field, how a value is read from a line, and what it is called in the prompt."""

    field: str
    parse: Callable[[str], Any]
    expected: str
    sign: str


def unescaped(text: str) -> str:
    """A text from a line: backslash n is a newline, backslash t a tab, two are a backslash."""
    return re.sub(r"\\[nt\\]", lambda found: ESCAPES[found[0]], text)


def switched(value: str) -> bool:
    """On or off; on, if nothing is said. Raises ValueError for anything else."""
    if value not in ("", "on", OFF):
        raise ValueError
    return value != OFF


KNOBS = {
    "temperature": Knob("temperature", float, "a number", "t"),
    "top-k": Knob("top_k", int, f"a whole number or {OFF}", "k"),
    "top-p": Knob("top_p", float, f"a number or {OFF}", "p"),
    "greedy": Knob("greedy", switched, f"on or {OFF}", "greedy"),
    "seed": Knob("seed", int, "a whole number", "seed"),
    "length": Knob("length", int, "a whole number", "n"),
    "stop": Knob("stop", unescaped, f"a text or {OFF}", "stop"),
}


def turned(request: Request, name: str, value: str) -> Request:
    """The request with one knob turned. Raises UsageError for a value that it cannot have."""
    knob = KNOBS[name]
    bare = value.strip()
    if bare == OFF:
        return replace(request, **{knob.field: getattr(USUAL, knob.field)})
    try:
        if not bare and knob.parse is not switched:
            raise ValueError
        parsed = knob.parse(value if knob.parse is unescaped else bare)
    except ValueError:
        raise UsageError(f":{name} {bare}: expected {knob.expected}") from None
    return replace(request, **{knob.field: parsed})


def settings(request: Request) -> list[tuple[str, str]]:
    """Every knob and its value, for people."""
    return [(name, shown(getattr(request, knob.field))) for name, knob in KNOBS.items()]


def unusual(request: Request) -> str:
    """The values that are not as usual, in few letters."""
    values = {knob.sign: getattr(request, knob.field) for knob in KNOBS.values()}
    usual = {knob.sign: getattr(USUAL, knob.field) for knob in KNOBS.values()}
    told = {sign: value for sign, value in values.items() if value != usual[sign]}
    return "  ".join(
        sign if value is True else f"{sign} {shown(value)}" for sign, value in told.items()
    )


def shown(value: Any) -> str:
    """A value, for people."""
    if value is None or isinstance(value, bool):
        return "on" if value else OFF
    return f"{value:g}" if isinstance(value, float) else ascii(value)
