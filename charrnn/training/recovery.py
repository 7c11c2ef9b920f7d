"""Recovery from numbers that are not finite: stop, skip the step, or roll back."""

from collections.abc import Iterator

import numpy as np

from charrnn.nn.params import Params
from charrnn.training.events import NotFinite
from charrnn.training.message import Message
from charrnn.training.state import TrainState


class Recovery:
    """Decides, alike on every rank, what follows a step that cannot be taken.

    stop      nothing: the state is that before the step
    skip      the next chunk, read with the state that this one was read with; at most `limit`
              times in a row
    rollback  the last good state, the learning rate halved; at most `limit` times in all

    A state is good at the start of a run, and after each evaluation of its weights.
    """

    def __init__(self, policy: str, limit: int, state: TrainState) -> None:
        self.policy, self.limit = policy, limit
        self.good = state.copy() if policy == "rollback" else None

    def approve(self, state: TrainState) -> None:
        """Remember `state` as good."""
        if self.good is not None:
            self.good.assign_(state)

    def end(self) -> None:
        """Stop recovering: no step follows."""
        self.policy, self.good = "stop", None

    def after_(
        self, state: TrainState, what: str, step: int, *, skippable: bool = False
    ) -> NotFinite:
        """Change `state` to the one to continue from, because `what` of `step` is not finite.

        `skippable`: the step was not taken, and `state` is the one before it.
        """
        if self.good is not None and state.rollbacks < self.limit:
            rollbacks, seconds = state.rollbacks + 1, state.seconds
            state.assign_(self.good)
            state.rollbacks, state.seconds = rollbacks, seconds
            return NotFinite(step, what, "rollback", state.step)
        if self.policy == "skip" and skippable and state.skips < self.limit:
            state.skips += 1
            state.step += 1
            return NotFinite(step, what, "skip", state.step)
        return NotFinite(step, what, "stop", state.step)


def first_not_finite(message: Message, p: Params) -> str:
    """The name of the first array, in the order of their computation, that is not finite."""
    return next(_suspects(message, p), "the norm of the gradient")


def _suspects(message: Message, p: Params) -> Iterator[str]:
    yield from (f"the weight {name}" for name, w in p.items() if not np.isfinite(w).all())
    for k, layer in enumerate(message.states):
        if not all(np.isfinite(array).all() for array in layer):
            yield f"the state of layer {k}"
    if not np.isfinite(message.loss):
        yield "the loss"
    for name in reversed([*message.grads]):
        if not np.isfinite(message.grads[name]).all():
            yield f"the gradient of {name}"
