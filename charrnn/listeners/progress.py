"""The progress display on stderr: a header, a progress bar, and one line per evaluation."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from math import log
from typing import Never, Self

from tqdm import tqdm

from charrnn.terminal import count_of, harmless
from charrnn.training.events import (
    Evaluated,
    Evaluating,
    Event,
    Finished,
    Noted,
    NotFinite,
    Sampled,
    Started,
    Stepped,
)

SMOOTHING = 0.95
BAR = "{percentage:3.0f}%|{bar:20}| {elapsed}<{remaining} {desc}"
BAR_WITHOUT_END = "{elapsed} {desc}"


class Progress:
    """A listener that prints lines, and a bar if stderr is a terminal; nothing if `quiet`."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.bar: tqdm[Never] | None = None
        self.run = ""
        self.loss: float | None = None
        self.speed = 0.0
        self.test: float | None = None
        self.unigram = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def __call__(self, event: Event) -> None:
        match event:
            case Started():
                self._begin(event)
            case Stepped():
                self._step(event)
            case NotFinite():
                then = f"{_THEN[event.then]} {event.now:,}"
                self.print(f"step {event.step:,}: {event.what} is not finite; {then}")
            case Evaluating():
                self._describe(f"{_SPLITS[event.split]} {event.done / event.total:.0%}")
            case Evaluated():
                self._evaluated(event)
            case Sampled():
                self.print(f"--- sample at step {event.step:,}\n{event.text}\n---")
            case Noted():
                self.print(f"note        {event.text}")
            case Finished():
                self._finish(event)

    def print(self, line: str) -> None:
        """Print a line above the bar. If the terminal is gone, training continues."""
        if not self.quiet:
            with suppress(OSError):
                tqdm.write(harmless(line), file=sys.stderr)

    def reading(self, done: int, total: int) -> None:
        """Update the bar while the text is read: `done` of at most `total` bytes."""
        if self.bar is None:
            self.bar = self._new_bar(BAR)
            self.bar.set_description_str("reading the text", refresh=False)
        self.bar.update(done / max(total, 1) - self.bar.n)

    def _begin(self, event: Started) -> None:
        self.run, self.unigram = event.run, event.unigram_loss
        if self.bar is not None:
            self.bar.close()
        for line in header(event):
            self.print(line)
        self.bar = self._new_bar(BAR_WITHOUT_END if event.endless else BAR)

    def _new_bar(self, form: str) -> "tqdm[Never]":
        return tqdm(
            total=1.0,
            disable=True if self.quiet else None,
            bar_format=form,
            leave=False,
            file=sys.stderr,
        )

    def _step(self, event: Stepped) -> None:
        decay = SMOOTHING if self.loss is not None else 0.0
        self.loss = decay * (self.loss or 0.0) + (1 - decay) * event.loss
        self.speed = decay * self.speed + (1 - decay) * event.chars_per_second
        if self.bar is not None and not self.bar.disable:
            self._describe(
                f"epoch {event.epoch:.2f}  loss {_figure(self.loss, 3)}  {self.speed:,.0f} chars/s"
            )
            self.bar.update(event.progress - self.bar.n)

    def _describe(self, text: str) -> None:
        if self.bar is not None:
            self.bar.set_description_str(text, refresh=False)
            self.bar.update(0)

    def _evaluated(self, event: Evaluated) -> None:
        if event.split == "test":
            self.test = event.loss
            return
        train = f"  train {_figure(self.loss, 3)}" if self.loss is not None else ""
        best = "  best so far" if event.best else ""
        self.print(f"step {event.step:,}{train}  validation {in_units(event.loss)}{best}")

    def _finish(self, event: Finished) -> None:
        self.print(f"{_REASONS[event.reason]} at step {event.step:,} after {clock(event.seconds)}")
        if event.best_loss is not None:
            self.print(
                f"best validation loss {in_units(event.best_loss)}, step {event.best_step:,}"
            )
        if self.test is not None:
            self.print(f"test loss {in_units(self.test)}")
        if event.best_loss is not None and event.best_loss >= self.unigram > 0:
            self.print(
                "that is no better than symbol frequencies alone: train longer, or change"
                " optimizer.learning_rate"
            )
        if event.reason not in ("interrupted", "diverged"):
            self.print(f"now try: charrnn sample {self.run}")


_SPLITS = {"val": "validation", "test": "test"}
_THEN = {
    "stop": "the weights remain those of step",
    "skip": "chunk skipped; continuing at step",
    "rollback": "learning rate halved; back to step",
}
_REASONS = {
    "max_steps": "all steps done",
    "max_epochs": "all epochs done",
    "max_minutes": "time is up",
    "patience": "stopped: no better loss for train.patience evaluations",
    "interrupted": "stopped",
    "diverged": "diverged",
}


class Meter:
    """A progress bar for other work than training, called with the amount done and the total."""

    def __init__(self, label: str, *, quiet: bool = False) -> None:
        self.bar: tqdm[Never] = tqdm(
            total=1.0,
            desc=label,
            disable=True if quiet else None,
            bar_format=BAR,
            leave=False,
            file=sys.stderr,
        )

    def __call__(self, done: int, total: int) -> None:
        self.bar.update(done / max(total, 1) - self.bar.n)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()


def header(event: Started) -> Iterator[str]:
    """The lines before the first loss: text, vocabulary, network, baselines, run."""
    characters = event.train_chars + event.val_chars + event.test_chars
    yield (
        f"text        {count_of(characters, 'character')}: {event.train_chars:,} train,"
        f" {event.val_chars:,} validation, {event.test_chars:,} test"
    )
    unknown = event.unknown_val + event.unknown_test
    yield f"vocabulary  {count_of(event.vocab_size, 'symbol')}" + (
        f"; unknown: {event.unknown_val:,} in validation, {event.unknown_test:,} in test"
        if unknown
        else ""
    )
    yield (
        f"network     {event.network}, {count_of(event.parameters, 'parameter')},"
        f" {event.tape_bytes / 2**20:,.1f} MiB of activations"
    )
    yield (
        f"baselines   {in_units(event.uniform_loss)} uniform (ln V),"
        f" {in_units(event.unigram_loss)} unigram"
    )
    processes = count_of(event.workers, "process", "processes")
    threads = f", BLAS threads {event.threads} each" if event.threads else ""
    yield f"computing   {processes}{threads}, {event.kernels} kernels"
    until = f"until step {event.steps:,}, " if event.steps is not None else ""
    yield f"run         {event.run}, {until}{count_of(event.steps_per_epoch, 'step')} per epoch"
    if event.resumed_step is not None:
        yield f"resumed     after step {event.resumed_step:,}"
    for note in event.notes:
        yield f"note        {note}"


def in_units(loss: float) -> str:
    """A loss in nats and bits: 1.5230 nats/char (2.197 bits)."""
    return f"{_figure(loss, 4)} nats/char ({_figure(loss / log(2), 3)} bits)"


def _figure(loss: float, digits: int) -> str:
    """A loss with its digits; in powers of ten where training has diverged."""
    return f"{loss:.3g}" if loss >= 1e4 else f"{loss:.{digits}f}"


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss, or m:ss below an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
