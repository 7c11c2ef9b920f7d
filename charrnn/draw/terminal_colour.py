"""Colours in a terminal: whether to use them, and text on coloured backgrounds."""

import os
from collections.abc import Sequence

from charrnn.draw.colours import Colour
from charrnn.draw.console import in_colour
from charrnn.terminal import harmless

CHOICES = ("auto", "always", "never")
BLACK = "38;5;16"  # of the palette that no theme changes
RESET = "\x1b[0m"
CUBE = (0, 95, 135, 175, 215, 255)  # the steps of the 256 colours


def wanted(choice: str) -> bool:
    """Whether to use colours on stdout; `auto` asks the terminal and NO_COLOR."""
    return in_colour() if choice == "auto" else choice == "always"


def painted(pieces: Sequence[str], colours: Sequence[Colour | None]) -> str:
    """The pieces one after the other, black on their colours; None leaves one as it is.

    Control characters in a piece are escaped; a newline is never coloured.
    """
    depth = _full if os.environ.get("COLORTERM") in ("truecolor", "24bit") else _of_256
    parts: list[str] = []
    before: Colour | None = None
    for piece, colour in zip(pieces, colours, strict=True):
        shown, newline = harmless(piece), piece.endswith("\n")
        if colour != before:
            parts.append(RESET if colour is None else f"\x1b[{BLACK};{depth(colour)}m")
        parts.append(shown.removesuffix("\n"))
        if newline:
            parts.append("\n" if colour is None else f"{RESET}\n")
        before = None if newline else colour
    return "".join(parts) + (RESET if before is not None else "")


def _full(colour: Colour) -> str:
    """The escape sequence of a 24-bit background."""
    return "48;2;{};{};{}".format(*colour)


def _of_256(colour: Colour) -> str:
    """The escape sequence of the nearest of the 256 colours: 6 levels each of red, green, blue."""
    red, green, blue = (min(range(6), key=lambda k: abs(CUBE[k] - part)) for part in colour)
    return f"48;5;{16 + 36 * red + 6 * green + blue}"
