"""What reaches a terminal: UTF-8, and nothing that the terminal would obey."""

import io
import os
import shutil
import sys
from collections.abc import Iterable

from charrnn.parallel.launcher import launched
from charrnn.terminal import harmless, one_line


def use_utf8() -> None:
    """Write UTF-8 whatever the locale says; what cannot be encoded is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def in_colour() -> bool:
    """Whether stdout is a terminal that shows colours, and its user wants them (no-color.org)."""
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def terminal_size() -> tuple[int, int]:
    """Columns and rows to draw in: those of the terminal, or as COLUMNS and LINES say."""
    return shutil.get_terminal_size((80, 24))


def write(text: str, *, drawn: bool = False) -> None:
    """The product, on stdout, at once: as it is for a pipe or a file, harmless for a terminal.

    What was `drawn` by us, with colours and with nobody's text in it, is shown as it is. Where
    nobody listens any more, as behind `| head`, the program ends, and well.
    """
    try:
        sys.stdout.write(harmless(text) if sys.stdout.isatty() and not drawn else text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise SystemExit(0) from None


def take_leave() -> None:
    """Flush what is left, if anybody is there to read it.

    Else Python would try once more at exit, complain, and change the exit code to 120.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def tell(line: str) -> None:
    """A line for the person at the keyboard, on stderr."""
    sys.stderr.write(f"{harmless(line)}\n")
    sys.stderr.flush()


def complain(lines: Iterable[str], code: int) -> int:
    """An error on stderr, a line for each thing that is wrong; gives `code` back.

    A line stays one, whatever the file that it names is called. Of the ranks of MPI, which all fail
    alike, the first speaks.
    """
    if not launched():
        for line in lines:
            tell(f"error: {one_line(line)}")
    return code


def table(rows: list[tuple[str, ...]]) -> str:
    """Rows in aligned columns, two blanks apart, a newline after each."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)
