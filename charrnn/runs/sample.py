"""Sampling: from a trained model and a prime to text, as it comes or all at once."""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from charrnn.errors import UsageError
from charrnn.nn.arrays import Ids
from charrnn.runs.trained import Trained
from charrnn.sampling import FILTERS, Filter, generate
from charrnn.storage.checkpoint import refusal
from charrnn.text.symbols import NEWLINE
from charrnn.text.vocab import Vocabulary


@dataclass(frozen=True, init=False)
class Request:
    """How to sample. Every filter of FILTERS is a keyword argument, and an attribute."""

    prime: str
    length: int  # characters after the prime; at level byte, bytes
    seed: int
    count: int
    stop: str | None  # a sample ends where this text does
    written: tuple[int, ...]  # ids after the prime that exist already, to continue from
    filters: Mapping[str, Any]  # the values of filters that are not neutral

    def __init__(
        self,
        prime: str = "",
        length: int = 500,
        *,
        seed: int = 0,
        count: int = 1,
        stop: str | None = None,
        written: tuple[int, ...] = (),
        filters: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> None:
        """`values` are those of filters, such as temperature=0.8, and replace those of `filters`.

        Raises UsageError for a value out of range, TypeError for a filter that does not exist.
        """
        if length < 0 or count < 1:
            raise UsageError("the length must be 0 or more, and the count 1 or more")
        if seed < 0:
            raise UsageError("the seed must be 0 or more")
        if unknown := values.keys() - FILTERS.keys():
            raise TypeError(f"there is no filter {', '.join(sorted(unknown))}")
        given = {**(filters or {}), **values}
        changing = {name: x for name, x in given.items() if x not in (None, FILTERS[name].neutral)}
        fields = {"prime": prime, "length": length, "seed": seed, "count": count, "stop": stop}
        for name, value in {**fields, "written": written, "filters": changing}.items():
            object.__setattr__(self, name, value)
        self.chain()

    def __getattr__(self, name: str) -> Any:
        """The value of a filter."""
        if name in FILTERS:
            return self.filters.get(name, FILTERS[name].neutral)
        raise AttributeError(f"a request has no {name!r}")

    def chain(self) -> list[Filter]:
        """The filters, in the order in which they act."""
        return [
            spec.make(self.filters[name]) for name, spec in FILTERS.items() if name in self.filters
        ]


@dataclass
class Sample:
    """One sample: what stood before it, what was generated, and how likely that was."""

    prime: str
    text: str = ""  # once the sampling is done
    log_prob: float = 0.0  # of the text after the prime, in nats, under the model without filters
    ids: list[int] = field(default_factory=list)  # of the text, in the model's vocabulary


def sample(trained: Trained, request: Request) -> list[Sample]:
    """All samples, complete.

    Raises DataError for a prime with characters that the model does not know.
    """
    sampling = Sampling(trained, request)
    for _ in sampling:
        pass
    return sampling.samples


class Sampling:
    """Samples in the making: iterate to get, step by step, the new piece of text of each.

    The samples of a model of records begin as records do and stop where a record ends. Raises
    CheckpointError where the weights predict nothing.
    """

    def __init__(self, trained: Trained, request: Request) -> None:
        self.path, self.separator = trained.path, trained.config.data.records
        self.samples = [Sample(request.prime) for _ in range(request.count)]
        stops = [text for text in (request.stop, self.separator) if text]
        before = trained.vocabulary.decode_bytes(np.array(request.written, np.intp))
        self._writers = [_Writer(s, trained.vocabulary, stops, before) for s in self.samples]
        self._length = request.length
        self._drawn = generate(
            trained.model,
            trained.params,
            first_ids(trained, request),
            count=request.count,
            seed=request.seed,
            filters=request.chain(),
            never=trained.vocabulary.unk,
        )

    def __iter__(self) -> Iterator[list[str]]:
        for _, drawn in zip(range(self._length), self._drawn, strict=False):
            if not np.isfinite(drawn.log_p).all():
                raise refusal(
                    self.path, "its predictions are not finite: its weights are too large"
                )
            pairs = zip(self._writers, drawn.ids.tolist(), drawn.log_p.tolist(), strict=True)
            yield [writer.add(k, log_p) for writer, k, log_p in pairs]
            if all(writer.stopped for writer in self._writers):
                break
        yield [writer.close() for writer in self._writers]


class _Writer:
    """Turns ids into text, a character as soon as it is whole, until a stop text appears."""

    def __init__(
        self, sample: Sample, vocabulary: Vocabulary, stops: Sequence[str], before: bytes
    ) -> None:
        self.sample, self.symbols, self.stops = sample, vocabulary.symbols, tuple(stops)
        self.longest = max(map(len, stops), default=0)
        self.stopped = False
        self.pieces: list[str] = []
        self.tail = ""  # as much of the end of the text as could be a stop text
        bytewise = vocabulary.level == "byte"
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace") if bytewise else None
        if self.decoder:
            self.decoder.decode(before)  # what is written may complete its last character

    def add(self, k: int, log_p: float) -> str:
        """The text that id `k` completes; nothing once the sample has stopped."""
        if self.stopped:
            return ""
        symbol = self.symbols[k]
        piece = self.decoder.decode(bytes([symbol])) if self.decoder else chr(symbol)
        self.sample.log_prob += log_p
        self.sample.ids.append(k)
        self.pieces.append(piece)
        if self.stops:
            self.tail = (self.tail + piece)[-self.longest :]
            self.stopped = self.tail.endswith(self.stops)
        return piece

    def close(self) -> str:
        """The bytes of an unfinished character at the end. The sample gets their text."""
        left = "" if self.stopped or self.decoder is None else self.decoder.decode(b"", final=True)
        self.sample.text = "".join([*self.pieces, left])
        return left


def first_ids(trained: Trained, request: Request) -> Ids:
    """The ids that a model reads before it writes: the prime, then the text generated so far.

    Without a prime a newline, where texts begin; records begin after a separator. Raises DataError
    for characters that the model does not know.
    """
    return np.append(_prime_ids(trained, request.prime), np.array(request.written, np.intp))


def _prime_ids(trained: Trained, prime: str) -> Ids:
    vocabulary, separator = trained.vocabulary, trained.config.data.records
    if prime or separator:
        return vocabulary.encode((separator or "") + prime)
    start = vocabulary.symbols.index(NEWLINE) if NEWLINE in vocabulary.symbols else 0
    return np.array([start])
