"""A text with a value at each character, shown as colours, or as marks below its lines."""

from collections.abc import Sequence

from charrnn.draw.colours import Colour, blend
from charrnn.draw.console import terminal_size
from charrnn.draw.terminal_colour import painted
from charrnn.nn.arrays import Floats
from charrnn.terminal import columns_of
from charrnn.text.lines import PredictedText
from charrnn.text.symbols import visible

Ramp = tuple[Colour, ...]


def in_colours(text: PredictedText, shares: Floats, ramp: Ramp) -> str:
    """The first n characters of a text, coloured by `shares` (n,) of the way along a ramp."""
    colours: list[Colour | None] = [None] * len(text.before)
    colours += [blend(ramp, share) for share in shares.tolist()]
    return ended(painted(pieces_of(text, len(shares)), colours))


def legend(labels: Sequence[str], ramp: Ramp) -> str:
    """The colours of a ramp from end to end, with a label on each."""
    shares = [k / (len(labels) - 1) for k in range(len(labels))]
    return painted([f" {label} " for label in labels], [blend(ramp, share) for share in shares])


def in_digits(text: PredictedText, rows: Sequence[Floats]) -> str:
    """The first characters of a text, and below each line a row of digits for each of `rows` (n,).

    A digit is below its character: 3 for 2.5 to 3.5, a point for less than 0.5, 9 for 8.5 and
    more. Lines are broken where the terminal ends.
    """
    blank = [" "] * len(text.before)
    digits = [blank + [_digit(value) for value in row.tolist()] for row in rows]
    return with_marks(pieces_of(text, len(rows[0])), digits)


def with_marks(pieces: Sequence[str], rows: Sequence[Sequence[str]], *, fill: bool = False) -> str:
    """A text, and below each line of it a row of marks for each of `rows`, one for each piece.

    A mark is below the beginning of its piece or, with `fill`, repeated along it. Lines are broken
    where the terminal ends.
    """
    columns, _ = terminal_size()
    lines = [[""] * (1 + len(rows))]
    room = columns
    for k, piece in enumerate(pieces):
        shown = piece.removesuffix("\n").replace("\t", "")
        width = columns_of(shown)
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


def pieces_of(text: PredictedText, most: int) -> list[str]:
    """The first characters in a form that can be shown: the given one and `most` more."""
    table = {
        symbol: visible(symbol, text.level)
        for symbol in {*text.before, *text.symbols[:most].tolist()}
    }
    return [table[symbol] for symbol in [*text.before, *text.symbols[:most].tolist()]]


def cut(text: PredictedText, most: int, option: str = "--chars") -> str:
    """A line that says how much is shown, or nothing where all of it is."""
    T = len(text.symbols)
    return (
        "" if most >= T else f"... the first {most:,} of {T:,} characters; {option} N shows more\n"
    )


def _digit(value: float) -> str:
    return "." if value < 0.5 else str(min(round(value), 9))


def ended(text: str) -> str:
    """`text`, and a newline after it if it has none."""
    return text if text.endswith("\n") else f"{text}\n"
