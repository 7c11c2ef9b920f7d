"""The training loop: a generator of events. It prints nothing, writes nothing and reads no file."""

from collections.abc import Callable, Generator, Iterator
from math import isfinite
from time import perf_counter

from charrnn.nn.arrays import States
from charrnn.nn.chunk import Chunk
from charrnn.nn.layers.noise import NoiseKey
from charrnn.nn.ops import may_overflow
from charrnn.nn.params import Params
from charrnn.nn.rng import stream
from charrnn.optim import (
    Moment,
    add_noise_,
    average_,
    clip_,
    new_scratch,
    norm_of,
    step_,
)
from charrnn.parallel.base import SOLO, Communicator
from charrnn.text.part import Part
from charrnn.training.evaluate import Evaluation
from charrnn.training.events import (
    Ending,
    Evaluated,
    Evaluating,
    Event,
    Finished,
    NotFinite,
    Reason,
    Split,
    Stepped,
)
from charrnn.training.message import Message
from charrnn.training.plan import Plan, backprop_for
from charrnn.training.recovery import Recovery, first_not_finite
from charrnn.training.state import TrainState


def train(
    plan: Plan, state: TrainState, stop: Callable[[], bool], comm: Communicator = SOLO
) -> Iterator[Event]:
    """Train from `state`, which is kept up to date, until a limit is reached or `stop()` says so.

    Every rank of `comm` runs this from the same state, and has the same events. `stop` is asked
    before every change of the weights and at every chunk of an evaluation. An evaluation that was
    cut short leaves no trace: a run that is resumed from `state` repeats it.
    """
    return _Run(plan, state, stop, comm).events()


class _Run:
    """Memory and clock of one call of `train`."""

    def __init__(
        self, plan: Plan, state: TrainState, stop: Callable[[], bool], comm: Communicator
    ) -> None:
        self.plan, self.state, self.stop, self.comm = plan, state, stop, comm
        model, batches, dtype = plan.model, plan.batches, state.params.flat.dtype
        B = batches.batch_size
        self.message = Message(state.params.shapes, model.cells, B, dtype, comm)
        self.tracks = self.message.tracks
        self.backprop = backprop_for(plan, len(self.tracks), dtype)
        self.scratch = new_scratch(state.params)
        self.started = perf_counter() - state.seconds
        self.recovery = Recovery(plan.on_nonfinite, plan.max_recoveries, state)
        self.stopping = self.diverged = False

    def events(self) -> Iterator[Event]:
        self._ask()
        while True:
            if self._evaluation_due():
                yield from self._validate()
            if self.state.step % self.plan.eval_every == 0 and not self._cut_short():
                self.recovery.approve(self.state)
            reason = self._reason_to_end()
            if reason:
                break
            yield self._step()
        self.recovery.end()
        if reason != "diverged":
            yield Ending(reason, self.state.step)
        if reason not in ("interrupted", "diverged"):
            yield from self._final_evaluations()
            reason = self._cut_short() or reason
        state = self.state
        yield Finished(
            reason,
            state.step,
            state.best_loss,
            state.best_step,
            state.seconds,
            clipped_share=state.clipped / max(state.step, 1),
        )

    @may_overflow
    def _step(self) -> Stepped | NotFinite:
        """One change of the weights, or none where loss or gradient is not finite."""
        plan, state, message, begun = self.plan, self.state, self.message, perf_counter()
        chunk = plan.batches.chunk(state.step, self.tracks)
        loss, last = self._loss_and_grads(chunk)
        message.send(loss, perf_counter() - self.started, self.stop(), last)
        self.stopping = message.stop
        clipped = clip_(message.grads, value=plan.clip_value, norm=plan.clip_norm)
        if not (isfinite(message.loss) and isfinite(clipped.norm)):
            what = first_not_finite(message, state.params)
            return self._recover(what, state.step + 1, skippable=True)
        rate = self._learning_rate() * chunk.scale
        self._change_weights(rate)
        if not isfinite(norm_of(state.params)):
            return self._recover(first_not_finite(message, state.params), state.step + 1)
        state.step += 1
        state.skips = 0
        state.clipped += clipped.bounded
        state.seconds = message.seconds
        state.copy_carry_(message.states if plan.batches.carried(state.step) else None)
        return Stepped(
            step=state.step,
            epoch=state.step / plan.batches.chunks,
            progress=min(1.0, max(self._progress().values(), default=0.0)),
            loss=message.loss,
            learning_rate=rate,
            grad_norm=clipped.norm,
            clipped=clipped.bounded,
            chars_per_second=chunk.targets / (perf_counter() - begun),
            seconds=state.seconds,
        )

    def _recover(self, what: str, step: int, *, skippable: bool = False) -> NotFinite:
        state = self.state
        event = self.recovery.after_(state, what, step, skippable=skippable)
        self.diverged = event.then == "stop"
        if event.then == "skip" and not self.plan.batches.carried(state.step):
            state.carry = None
        return event

    def _loss_and_grads(self, chunk: Chunk) -> tuple[float, States]:
        """The loss of this rank's tracks and the state they leave; gradients into the message."""
        state = self.state
        carried = self._carried() if chunk.carried else None
        key = NoiseKey(self.plan.seed, state.step, self.tracks.start)
        return self.backprop(state.params, self.message.grads, chunk, carried, key)

    def _change_weights(self, rate: float) -> None:
        plan, state, g = self.plan, self.state, self.message.grads
        if plan.gradient_noise:
            rng = stream(plan.seed, "gradient", state.step)
            add_noise_(g, self.scratch, rng, eta=plan.gradient_noise, t=state.step)
        t = state.step + 1
        step_(plan.optimizer, state.params, g, state.slots, self.scratch, lr=rate, t=t)
        if state.average is not None:
            average_(state.average, state.params, self.scratch, decay=plan.average, t=t)

    def _carried(self) -> States | None:
        """The state of this rank's tracks."""
        own = slice(self.tracks.start, self.tracks.stop)
        layers = self.state.carry
        return layers and tuple(tuple(array[own] for array in layer) for layer in layers)

    def _ask(self) -> bool:
        """Whether any rank was asked to stop; the same answer on all."""
        self.stopping = any(self.comm.gather(self.stop()))
        return self.stopping

    def _clock(self) -> float:
        """Seconds of training since the run's start, as rank 0 counts them."""
        return self.comm.gather(perf_counter() - self.started)[0]

    def _learning_rate(self) -> float:
        """The rate for the coming step, which the schedule sees at its middle."""
        middle = self.state.step + 0.5
        progress = self.plan.progress(middle, self.state.seconds).values()
        now = Moment(
            progress=min(1.0, max(progress, default=0.0)),
            epoch=middle / self.plan.batches.chunks,
            step=middle,
            drops=self.state.lr_drops,
        )
        halved = 0.5**self.state.rollbacks
        return self.plan.optimizer.learning_rate * self.plan.schedule.factor(now) * halved

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
        if patience is not None and self.state.evals_since_best >= patience:
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
        loss = yield from self._evaluate("val", self.plan.val, state.eval_params)
        if loss is None:
            return
        if not isfinite(loss):
            yield self._recover("the loss of the validation part", state.step)
            return
        better = state.best_loss is None or loss < state.best_loss
        if better:
            state.keep_best_(loss)
        else:
            state.evals_since_best += 1
            state.lr_drops += self.plan.schedule.drops_after(state.evals_since_best)
        state.evaluated_step = state.step
        state.seconds = self._clock()
        yield Evaluated(state.step, "val", loss, better, state.seconds)

    def _final_evaluations(self) -> Iterator[Event]:
        """Evaluate the last weights, then the best ones on the test split."""
        state = self.state
        if self._unevaluated():
            yield from self._validate()
        if self.plan.val is None:
            state.keep_best_(None)
        if self.plan.test is not None and state.best is not None:
            loss = yield from self._evaluate("test", self.plan.test, state.best)
            if loss is not None and not isfinite(loss):
                yield self._recover("the loss of the test part", state.best_step)
            elif loss is not None:
                state.seconds = self._clock()
                yield Evaluated(state.best_step, "test", loss, False, state.seconds)

    def _evaluate(
        self, split: Split, part: Part, p: Params
    ) -> Generator[Event, None, float | None]:
        """The loss of `part` under `p`; None if the run was asked to stop."""
        evaluation = Evaluation(self.plan.model, p, part, self.plan.kernels, self.comm)
        for done in evaluation:
            if self._ask():
                return None
            yield Evaluating(split, done, evaluation.targets)
        return evaluation.loss
