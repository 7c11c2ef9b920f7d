"""The training loop: a generator of events. It prints nothing, writes nothing and reads no file."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from math import isfinite
from time import perf_counter

import numpy as np

from charrnn.kernels.base import Kernels
from charrnn.kernels.plain import NUMPY
from charrnn.layers.dropout import noise_of
from charrnn.model import CharModel, States
from charrnn.optim import Optimizer, Schedule, clip_, new_scratch, step_
from charrnn.parallel.base import SOLO, Communicator
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
from charrnn.training.message import Message
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
    kernels: Kernels = NUMPY

    def progress(self, step: float, seconds: float) -> dict[Reason, float]:
        """The share of each limit that is used up after `step` steps and `seconds`."""
        used: dict[Reason, tuple[float, float | None]] = {
            "max_steps": (step, self.limits.max_steps),
            "max_epochs": (step / self.batches.chunks, self.limits.max_epochs),
            "max_minutes": (seconds / 60.0, self.limits.max_minutes),
        }
        return {reason: done / limit for reason, (done, limit) in used.items() if limit is not None}


def train(
    plan: Plan, state: TrainState, stop: Callable[[], bool], comm: Communicator = SOLO
) -> Iterator[Event]:
    """Train from `state`, which is kept up to date, until a limit is reached or `stop()` says so.

    Every rank of `comm` runs this from the same state, and has the same events. `stop` is asked
    before every change of the weights and at every chunk of an evaluation. An evaluation that was
    cut short has left no trace: a run that goes on from `state` begins it again.
    """
    return _Run(plan, state, stop, comm).events()


class _Run:
    """What one call of `train` needs beside the state: memory, and a clock."""

    def __init__(
        self, plan: Plan, state: TrainState, stop: Callable[[], bool], comm: Communicator
    ) -> None:
        self.plan, self.state, self.stop, self.comm = plan, state, stop, comm
        model, batches, dtype = plan.model, plan.batches, state.params.flat.dtype
        B = batches.batch_size
        self.message = Message(state.params.shapes, model.cells, B, dtype, comm)
        self.tracks = self.message.tracks
        self.tape = model.tape(batches.seq_length, len(self.tracks), dtype, plan.kernels)
        self.scratch = new_scratch(state.params)
        self.started = perf_counter() - state.seconds
        self.stopping = self.diverged = False

    def events(self) -> Iterator[Event]:
        self._ask()
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
        plan, state, message, begun = self.plan, self.state, self.message, perf_counter()
        chunk = state.step % plan.batches.chunks
        x, y = plan.batches.chunk(chunk, self.tracks)
        targets = len(x) * plan.batches.batch_size
        loss, last = plan.model.loss_and_grads(
            state.params,
            message.grads,
            x,
            y,
            self._carried() if chunk else None,
            self.tape.first(len(x)),
            noise_of(plan.seed, state.step, self.tracks.start),
            targets,
        )
        message.send(loss, perf_counter() - self.started, self.stop(), last)
        self.stopping = message.stop
        grad_norm = clip_(message.grads, value=plan.clip_value, norm=plan.clip_norm)
        if not (isfinite(message.loss) and isfinite(grad_norm)):
            self.diverged = True
            return None
        rate = self._learning_rate()
        step_(
            plan.optimizer,
            state.params,
            message.grads,
            state.slots,
            self.scratch,
            lr=rate,
            t=state.step + 1,
        )
        state.step += 1
        state.seconds = message.seconds
        state.carry(message.states if state.step % plan.batches.chunks else None)
        return Stepped(
            step=state.step,
            epoch=state.step / plan.batches.chunks,
            progress=min(1.0, max(self._progress().values(), default=0.0)),
            loss=message.loss,
            learning_rate=rate,
            grad_norm=grad_norm,
            chars_per_second=targets / (perf_counter() - begun),
            seconds=state.seconds,
        )

    def _carried(self) -> States | None:
        """The state of this rank's tracks."""
        mine = slice(self.tracks.start, self.tracks.stop)
        layers = self.state.carried
        return layers and tuple(tuple(array[mine] for array in layer) for layer in layers)

    def _ask(self) -> bool:
        """Has any rank been told to stop? All get the same answer."""
        self.stopping = any(self.comm.gather(self.stop()))
        return self.stopping

    def _clock(self) -> float:
        """Seconds of training since the run's start, as rank 0 counts them."""
        return self.comm.gather(perf_counter() - self.started)[0]

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
        return "interrupted" if self.stopping else None

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
        state.seconds = self._clock()
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
                state.seconds = self._clock()
                yield Evaluated(state.best_step, "test", loss, False, state.seconds)

    def _evaluate(
        self, split: Split, part: Part, p: Params
    ) -> Generator[Event, None, float | None]:
        """The loss of `part` under `p`; None if the run was told to stop, or it is not finite."""
        evaluation = Evaluation(self.plan.model, p, part, self.plan.kernels, self.comm)
        for done in evaluation:
            if self._ask():
                return None
            yield Evaluating(split, done, evaluation.targets)
        self.diverged = not isfinite(evaluation.loss)
        return None if self.diverged else evaluation.loss
