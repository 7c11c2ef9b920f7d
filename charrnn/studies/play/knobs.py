"""The settings of a session: the fields of a request, by the names of their commands."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from charrnn.errors import UsageError
from charrnn.runs.sample import Request
from charrnn.sampling import FILTERS

ESCAPES = {r"\n": "\n", r"\t": "\t", r"\\": "\\"}
OFF = "off"
USUAL = Request()


class Knob(NamedTuple):
    """A field of a request, how its value is read from a line, and how help describes it."""

    field: str
    parse: Callable[[str], Any]
    expected: str
    sign: str  # in the prompt, and as a short command
    example: str
    help: str


def unescaped(text: str) -> str:
    """A text from a line: backslash n is a newline, backslash t a tab, two are a backslash."""
    return re.sub(r"\\[nt\\]", lambda found: ESCAPES[found[0]], text)


def switched(value: str) -> bool:
    """On or off; an empty value means on. Raises ValueError for anything else."""
    if value not in ("", "on", OFF):
        raise ValueError
    return value != OFF


READERS: dict[type, tuple[Callable[[str], Any], str]] = {
    bool: (switched, f"on or {OFF}"),
    int: (int, f"a whole number or {OFF}"),
    float: (float, f"a number or {OFF}"),
}
OTHERS = {
    "seed": Knob(
        *("seed", int, "a whole number", "seed", "3"),
        "Random seed: the same seed, text and settings give the same sample.",
    ),
    "length": Knob("length", int, "a whole number", "n", "400", "Number of characters to write."),
    "stop": Knob(
        "stop", unescaped, f"a text or {OFF}", "stop", "TEXT", "End a sample after this text."
    ),
}


def knobs() -> dict[str, Knob]:
    """All settings, those of FILTERS first."""
    filters = {
        name.replace("_", "-"): Knob(name, *READERS[spec.kind], spec.sign, spec.example, spec.help)
        for name, spec in FILTERS.items()
    }
    return {**filters, **OTHERS}


def turned(request: Request, name: str, value: str) -> Request:
    """The request with one setting changed. Raises UsageError for a value that it cannot have."""
    knob = knobs()[name]
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
    """Every setting and its value, for people."""
    return [(name, shown(getattr(request, knob.field))) for name, knob in knobs().items()]


def unusual(request: Request) -> str:
    """The values that differ from the defaults, in few letters."""
    values = {knob.sign: getattr(request, knob.field) for knob in knobs().values()}
    usual = {knob.sign: getattr(USUAL, knob.field) for knob in knobs().values()}
    changed = {sign: value for sign, value in values.items() if value != usual[sign]}
    return "  ".join(
        sign if value is True else f"{sign} {shown(value)}" for sign, value in changed.items()
    )


def shown(value: Any) -> str:
    """A value, for people."""
    if value is None or isinstance(value, bool):
        return "on" if value else OFF
    return f"{value:g}" if isinstance(value, float) else ascii(value)
