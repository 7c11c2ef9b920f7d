"""Where the lines of a session come from, and its text goes: a terminal, or pipes."""

import sys
from contextlib import suppress
from importlib import import_module

from charrnn.config import build
from charrnn.draw.console import complain, tell, write, write_stream
from charrnn.errors import DataError, UsageError
from charrnn.runs.sample import Request
from charrnn.runs.trained import Trained
from charrnn.studies.play.bars import Canvas
from charrnn.studies.play.knobs import knobs
from charrnn.studies.play.session import Session

MOST_BYTES = 2**20  # of a line


def play(trained: Trained, request: Request) -> None:
    """Answer line after line, until the input or the session ends.

    A line that cannot be answered gets an error message. Ctrl-C ends a text that is being written;
    at the prompt, and where the lines come from a pipe, it ends everything by KeyboardInterrupt.
    """
    person = sys.stdin is not None and sys.stdin.isatty()
    session = Session(trained, request, Canvas.of_stdout, bars=person and sys.stdout.isatty())
    if person:
        _introduce(trained)
    line = ":again" if request.prime else _line(session.prompt, person)
    while line is not None:
        _answer(session, line, person)
        line = None if session.over else _line(session.prompt, person)


def _introduce(trained: Trained) -> None:
    network = build.network_in_words(trained.config)
    examples = " ".join(f":{knob.sign} {knob.example}" for knob in knobs().values())
    tell(f"{network}, {trained.vocabulary.size} symbols. Type a text to continue; Ctrl-C stops it.")
    tell(examples)
    tell(":again :next :more :probs :bars :show :reset :help :quit")


def _answer(session: Session, line: str, person: bool) -> None:
    try:
        answer = session.answer(line)
        write(answer.drawn, drawn=True)
        write_stream(answer.text)
    except (UsageError, DataError) as error:
        complain(error.lines(), error.exit_code)
    except KeyboardInterrupt:
        if not person:
            raise
        write("\n")


def _line(prompt: str, person: bool) -> str | None:
    """The next line, without its end; None where there is none any more."""
    while True:
        try:
            return _typed(prompt) if person else _piped()
        except UnicodeDecodeError as error:
            complain([f"a line that is no text ({error.reason})"], DataError.exit_code)
        except DataError as error:
            complain(error.lines(), error.exit_code)
        except EOFError:
            if person:
                tell("")
            return None


def _typed(prompt: str) -> str:
    """A line from a person, who can edit it and has those before where Python has readline."""
    if sys.stdout.isatty():
        with suppress(ImportError):
            import_module("readline")
        return input(prompt)
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def _piped() -> str:
    if sys.stdin is None or not (raw := sys.stdin.buffer.readline(MOST_BYTES)):
        raise EOFError
    if len(raw) == MOST_BYTES and not raw.endswith(b"\n"):
        while raw and not raw.endswith(b"\n"):
            raw = sys.stdin.buffer.readline(MOST_BYTES)
        raise DataError("a line of more than 1 MiB; give the end of it")
    return raw.decode("utf-8-sig").rstrip("\r\n")
