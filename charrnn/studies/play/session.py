"""A session of play with a model: lines in, text out. It neither reads nor prints."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from charrnn.draw.table import Column, Table
from charrnn.draw.terminal import table_text
from charrnn.errors import UsageError
from charrnn.runs.sample import Request, Sampling
from charrnn.runs.trained import Trained
from charrnn.studies.play.bars import Canvas, chart
from charrnn.studies.play.help import help_text
from charrnn.studies.play.knobs import knobs, settings, shown, switched, turned, unescaped, unusual
from charrnn.studies.play.prediction import next_probabilities


class Answer(NamedTuple):
    """The reply to a line: first charrnn's own view, then the generated text as it comes."""

    drawn: str = ""
    text: Iterator[str] = iter(())


class Session:
    """A model, its settings as they are, and the text so far."""

    def __init__(
        self, trained: Trained, request: Request, canvas: Callable[[], Canvas], *, bars: bool
    ) -> None:
        self.trained, self.request, self.first = trained, request, request
        self.canvas, self.bars = canvas, bars
        self.new: list[int] = []  # ids of what the model has written for the request, so far
        self.over = False
        self.actions: dict[str, Callable[[str], Answer]] = {
            "again": lambda _: self._write(self.request),
            "next": lambda _: self._write(self._next_seed()),
            "more": lambda _: self._more(),
            "probs": self._probs,
            "bars": self._bars,
            "show": lambda _: Answer(self._settings()),
            "reset": lambda _: self._reset(),
            "help": lambda _: Answer(help_text()),
            "quit": lambda _: self._quit(),
        }

    @property
    def prompt(self) -> str:
        """The settings that are not as usual, and a sign."""
        return unusual(self.request) + "> "

    def answer(self, line: str) -> Answer:
        """The reply to a line. Raises UsageError or DataError and then changes nothing."""
        if line.startswith(":") and not line.startswith("::"):
            name, _, value = line[1:].partition(" ")
            return self._obey(name.strip(), value)
        line = line[1:] if line.startswith("::") else line
        return self._write(replace(self.request, prime=unescaped(line), written=()))

    def _obey(self, name: str, value: str) -> Answer:
        name = self._whole(name)
        if name in self.actions:
            return self.actions[name](value)
        self.request = turned(self.request, name, value)
        return Answer()

    def _whole(self, name: str) -> str:
        """The command that is meant. Raises UsageError."""
        known = knobs()
        short = {knob.sign: name for name, knob in known.items()}
        return self._completed(short.get(name, name), [*known, *self.actions])

    def _completed(self, name: str, known: list[str]) -> str:
        meant = [one for one in known if one.startswith(name)] if name else []
        if name in meant or len(meant) == 1:
            return name if name in meant else meant[0]
        if meant:
            raise UsageError(f":{name} could be {' or '.join(f':{one}' for one in meant)}")
        raise UsageError(
            f"there is no command :{name}; :help lists them, and :: starts a text with a colon"
        )

    def _write(self, request: Request, shown: str | None = None) -> Answer:
        """Begin to write. Of what stands before the new text, `shown` is shown; by default all."""
        sampling = Sampling(self.trained, request)
        drawn = chart(next_probabilities(self.trained, request), self.canvas()) if self.bars else ""
        self.request, self.new = request, sampling.samples[0].ids
        return Answer(
            drawn, self._pieces(sampling, self._text(request) if shown is None else shown)
        )

    def _pieces(self, sampling: Sampling, before: str) -> Iterator[str]:
        yield before
        for (piece,) in sampling:
            yield piece
        yield "\n"

    def _next_seed(self) -> Request:
        return replace(self.request, seed=self.request.seed + 1)

    def so_far(self) -> tuple[int, ...]:
        """All ids after the prime: a text would not do, where bytes are no UTF-8."""
        return (*self.request.written, *self.new)

    def _text(self, request: Request) -> str:
        """The prime and what is written after it; at level byte U+FFFD for what is no UTF-8."""
        return request.prime + self.trained.vocabulary.decode(np.array(request.written, np.intp))

    def _more(self) -> Answer:
        separator, written = self.trained.config.data.records, self.so_far()
        if separator and written and self.trained.vocabulary.symbols[written[-1]] == ord(separator):
            raise UsageError("the record is at its end; :next writes another")
        return self._write(replace(self._next_seed(), written=written), shown="")

    def _probs(self, value: str) -> Answer:
        request = replace(self.request, written=self.so_far())
        if value:
            request = replace(request, prime=unescaped(value), written=())
        return Answer(chart(next_probabilities(self.trained, request), self.canvas()))

    def _bars(self, value: str) -> Answer:
        try:
            self.bars = switched(value.strip())
        except ValueError:
            raise UsageError(f":bars {value.strip()}: expected on or off") from None
        return Answer()

    def _settings(self) -> str:
        rows = [*settings(self.request), ("bars", shown(self.bars))]
        return table_text(Table((Column(), Column()), rows))

    def _reset(self) -> Answer:
        now = self.request
        self.request = replace(self.first, prime=now.prime, written=now.written)
        return Answer()

    def _quit(self) -> Answer:
        self.over = True
        return Answer()
