"""A text with a number at each of its characters: as a colour, or where there is none as digits."""

from collections.abc import Sequence
from unicodedata import east_asian_width

from charrnn.draw.colours import Colour, blend
from charrnn.draw.console import terminal_size
from charrnn.draw.terminal_colour import painted
from charrnn.nn.arrays import Floats
from charrnn.terminal import one_line, shortened
from charrnn.text.lines import Lined
from charrnn.text.vocab import visible

Ramp = tuple[Colour, ...]
LONGEST = 50  # characters of a line that is quoted


def in_colours(text: Lined, shares: Floats, ramp: Ramp) -> str:
    """The first characters of a text, as many as there are `shares` (n,) of the way on a ramp."""
    colours: list[Colour | None] = [None] * len(text.before)
    colours += [blend(ramp, share) for share in shares.tolist()]
    return ended(painted(pieces_of(text, len(shares)), colours))


def legend(labels: Sequence[str], ramp: Ramp) -> str:
    """The colours of a ramp, from its one end to the other, with a label on each."""
    shares = [k / (len(labels) - 1) for k in range(len(labels))]
    return painted([f" {label} " for label in labels], [blend(ramp, share) for share in shares])


def in_digits(text: Lined, rows: Sequence[Floats]) -> str:
    """The first characters of a text, and below each line a row of digits for each of `rows` (n,).

    A digit stands below its character: 3 for 2.5 to 3.5, a point for less than 0.5, 9 for all
    from 8.5 on. Lines are broken where the terminal ends.
    """
    blank = [" "] * len(text.before)
    digits = [blank + [_digit(value) for value in row.tolist()] for row in rows]
    return with_marks(pieces_of(text, len(rows[0])), digits)


def with_marks(pieces: Sequence[str], rows: Sequence[Sequence[str]], *, fill: bool = False) -> str:
    """A text, and below each line of it a row of marks for each of `rows`, one for each piece.

    A mark stands below the beginning of its piece, or, to `fill`, all along it. Lines are broken
    where the terminal ends.
    """
    columns, _ = terminal_size()
    lines = [[""] * (1 + len(rows))]
    room = columns
    for k, piece in enumerate(pieces):
        shown = piece.removesuffix("\n").replace("\t", "")
        width = sum(2 if east_asian_width(c) in "WF" else 1 for c in shown)
        if width > room:
            lines.append([""] * (1 + len(rows)))
            room = columns
        room -= width
        lines[-1][0] += shown
        for below, marks in enumerate(rows, start=1):
            lines[-1][below] += marks[k] * width if fill else marks[k].ljust(width)
        if piece.endswith("\n"):
            room = 0
    return "".join(f"{row.rstrip()}\n" for line in lines for row in line)


def pieces_of(text: Lined, most: int) -> list[str]:
    """What is shown of each of its first characters, the given one and `most` more."""
    table = {
        symbol: visible(symbol, text.level)
        for symbol in {*text.before, *text.symbols[:most].tolist()}
    }
    return [table[symbol] for symbol in [*text.before, *text.symbols[:most].tolist()]]


def cut(text: Lined, most: int, option: str = "--chars") -> str:
    """A word on how much is shown, where it is not all."""
    T = len(text.symbols)
    return (
        "" if most >= T else f"... the first {most:,} of {T:,} characters; {option} N shows more\n"
    )


def quoted(line: str) -> str:
    """As much of a line of a text as a table has room for."""
    return one_line(shortened(line, LONGEST))


def _digit(value: float) -> str:
    return "." if value < 0.5 else str(min(round(value), 9))


def ended(text: str) -> str:
    """`text`, and a newline after it if it has none."""
    return text if text.endswith("\n") else f"{text}\n"
