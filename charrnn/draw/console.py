"""The console: stdout and stderr in UTF-8, with control characters escaped on a terminal."""

import io
import os
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from charrnn.errors import UsageError
from charrnn.parallel.launcher import launched
from charrnn.terminal import harmless, one_line

ENCODING = getattr(sys.stdout, "encoding", None) or "ascii"  # of stdout, before `use_utf8`

FRAME = 1 / 60  # seconds: to write every character by itself costs as much time as to make it


def use_utf8() -> None:
    """Write UTF-8 whatever the locale says; what cannot be encoded is escaped.

    A stream that was closed before we began is one that cannot be written to.
    """
    sys.stdout = sys.stdout or Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def can_show(text: str) -> bool:
    """Whether the encoding that the terminal is set to has these characters."""
    try:
        text.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True


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

    What was `drawn` by charrnn, with colours and with no raw text in it, is written as it is. On a
    broken pipe, as behind `| head`, the program exits with code 0. Raises UsageError for other
    failures, such as a full disk.
    """
    try:
        sys.stdout.write(harmless(text) if sys.stdout.isatty() and not drawn else text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise SystemExit(0) from None
    except OSError as error:
        why = error.strerror or error
        raise UsageError(f"standard output cannot be written ({why})") from None


def write_stream(pieces: Iterable[str]) -> None:
    """Write the product as it comes, up to sixty times a second."""
    pending: list[str] = []
    due = 0.0
    try:
        for piece in pieces:
            pending.append(piece)
            now = time.monotonic()
            if now >= due:
                write("".join(pending))
                pending.clear()
                due = now + FRAME
    finally:
        write("".join(pending))


def take_leave() -> None:
    """Flush both streams; on a broken pipe, discard the rest.

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
    """Write errors on stderr, one line each, and return `code`.

    Names of files cannot break a line. Under MPI, where all ranks fail alike, only the first
    writes.
    """
    if not launched():
        for line in lines:
            tell(f"error: {one_line(line)}")
    return code
