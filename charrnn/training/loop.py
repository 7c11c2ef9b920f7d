"""The training loop: a generator of events. It prints nothing, writes nothing and reads no file."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from math import isfinite
from time import perf_counter

import numpy as np

from charrnn.layers.dropout import noise_of
from charrnn.model import CharModel, ModelTape
from charrnn.optim import Optimizer, Schedule, clip_, step_
from charrnn.params import Params
from charrnn.text.batches import Batches, Part
from charrnn.training.evaluate import Evaluation
from charrnn.training.events import (
    Ending,
    Evaluated,
    Evaluating,
    Event,
    Finished,
    Reason,
    Split,
    Stepped,
)
from charrnn.training.state import TrainState


@dataclass(frozen=True)
class Limits:
    """Where a run ends, whichever comes first; None never comes."""

    max_steps: int | None = None
    max_epochs: float | None = None
    max_minutes: float | None = None
    patience: int | None = None  # evaluations without a better one


@dataclass(frozen=True)
class Plan:
    """All that does not change during a run."""

    model: CharModel
    optimizer: Optimizer
    schedule: Schedule
    batches: Batches
    val: Part | None  # None: too short to predict anything
    test: Part | None
    limits: Limits
    eval_every: int
    clip_value: float | None
    clip_norm: float | None
    seed: int

    def progress(self, step: float, seconds: float) -> dict[Reason, float]:
        """The share of each limit that is used up after `step` steps and `seconds`."""
        used: dict[Reason, tuple[float, float | None]] = {
            "max_steps": (step, self.limits.max_steps),
            "max_epochs": (step / self.batches.chunks, self.limits.max_epochs),
            "max_minutes": (seconds / 60.0, self.limits.max_minutes),
        }
        return {reason: done / limit for reason, (done, limit) in used.items() if limit is not None}


def train(plan: Plan, state: TrainState, stop: Callable[[], bool]) -> Iterator[Event]:
    """Train from `state`, which is kept up to date, until a limit is reached or `stop()` says so.

    `stop` is asked after every step and every chunk of an evaluation. An evaluation that was cut
    short has left no trace: a run that goes on from `state` begins it again.
    """
    return _Run(plan, state, stop).events()


class _Run:
    """What one call of `train` needs beside the state: memory, and a clock."""

    def __init__(self, plan: Plan, state: TrainState, stop: Callable[[], bool]) -> None:
        self.plan, self.state, self.stop = plan, state, stop
        batches = plan.batches
        self.tape: ModelTape = plan.model.tape(
            batches.seq_length, batches.batch_size, state.params.flat.dtype
        )
        self.grads: Params = state.params.like()
        self.started = perf_counter() - state.seconds
        self.diverged = False

    def events(self) -> Iterator[Event]:
        while True:
            if self._evaluation_due():
                yield from self._validate()
            reason = self._reason_to_end()
            if reason:
                break
            event = self._step()
            if event is not None:
                yield event
        if reason != "diverged":
            yield Ending(reason, self.state.step)
        if reason not in ("interrupted", "diverged"):
            yield from self._last_words()
            reason = self._cut_short() or reason
        state = self.state
        yield Finished(reason, state.step, state.best_loss, state.best_step, state.seconds)

    @np.errstate(over="ignore", invalid="ignore")  # a loss that is not finite tells of it
    def _step(self) -> Stepped | None:
        """One change of the weights; None, and no change, if loss or gradient is not finite."""
        plan, state, begun = self.plan, self.state, perf_counter()
        chunk = state.step % plan.batches.chunks
        x, y = plan.batches.chunk(chunk)
        loss, carried = plan.model.loss_and_grads(
            state.params,
            self.grads,
            x,
            y,
            state.carried if chunk else None,
            self.tape.first(len(x)),
            noise_of(plan.seed, state.step),
        )
        grad_norm = clip_(self.grads, value=plan.clip_value, norm=plan.clip_norm)
        if not (isfinite(loss) and isfinite(grad_norm)):
            self.diverged = True
            return None
        rate = self._learning_rate()
        step_(plan.optimizer, state.params, self.grads, state.slots, lr=rate, t=state.step + 1)
        state.step += 1
        state.carried = carried if state.step % plan.batches.chunks else None
        now = perf_counter()
        state.seconds = now - self.started
        return Stepped(
            step=state.step,
            epoch=state.step / plan.batches.chunks,
            progress=min(1.0, max(self._progress().values(), default=0.0)),
            loss=loss,
            learning_rate=rate,
            grad_norm=grad_norm,
            chars_per_second=y.size / (now - begun),
            seconds=state.seconds,
        )

    def _learning_rate(self) -> float:
        """The rate for the coming step, which the schedule sees at its middle."""
        middle = self.state.step + 0.5
        progress = self.plan.progress(middle, self.state.seconds).values()
        factor = self.plan.schedule.factor(
            min(1.0, max(progress, default=0.0)), middle / self.plan.batches.chunks
        )
        return self.plan.optimizer.learning_rate * factor

    def _progress(self) -> dict[Reason, float]:
        return self.plan.progress(self.state.step, self.state.seconds)

    def _cut_short(self) -> Reason | None:
        if self.diverged:
            return "diverged"
        return "interrupted" if self.stop() else None

    def _reason_to_end(self) -> Reason | None:
        if reason := self._cut_short():
            return reason
        patience = self.plan.limits.patience
        if patience is not None and self.state.stale >= patience:
            return "patience"
        return next((reason for reason, share in self._progress().items() if share >= 1.0), None)

    def _evaluation_due(self) -> bool:
        step = self.state.step
        return step % self.plan.eval_every == 0 and self._unevaluated()

    def _unevaluated(self) -> bool:
        return self.plan.val is not None and self.state.evaluated_step < self.state.step

    def _validate(self) -> Iterator[Event]:
        """Read the validation split, and remember the weights if they are the best so far."""
        state = self.state
        assert self.plan.val is not None
        loss = yield from self._evaluate("val", self.plan.val, state.params)
        if loss is None:
            return
        better = state.best_loss is None or loss < state.best_loss
        if better:
            state.keep_best(loss)
        else:
            state.stale += 1
        state.evaluated_step = state.step
        state.seconds = perf_counter() - self.started
        yield Evaluated(state.step, "val", loss, better, state.seconds)

    def _last_words(self) -> Iterator[Event]:
        """Judge the last weights, then the best ones on the test split."""
        state = self.state
        if self._unevaluated():
            yield from self._validate()
        if self.plan.val is None:
            state.keep_best(None)
        if self.plan.test is not None and state.best is not None:
            loss = yield from self._evaluate("test", self.plan.test, state.best)
            if loss is not None:
                state.seconds = perf_counter() - self.started
                yield Evaluated(state.best_step, "test", loss, False, state.seconds)

    def _evaluate(
        self, split: Split, part: Part, p: Params
    ) -> Generator[Event, None, float | None]:
        """The loss of `part` under `p`; None if the run was told to stop, or it is not finite."""
        evaluation = Evaluation(self.plan.model, p, part)
        for done in evaluation:
            if self.stop():
                return None
            yield Evaluating(split, done, evaluation.targets)
        self.diverged = not isfinite(evaluation.loss)
        return None if self.diverged else evaluation.loss
