"""TrainState: all that survives a restart, in one place."""

from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, Self

import numpy as np

from charrnn.nn.arrays import States
from charrnn.nn.params import Params
from charrnn.optim import Optimizer, Slots, new_slots
from charrnn.storage.header import COUNT, LOSS, Check, Counter


class Saved(NamedTuple):
    """A counter in the header of a checkpoint: its key, None for the field's name, and its rule."""

    key: str | None
    counter: Counter


def counter(
    default: Any,
    check: Check = COUNT,
    *,
    key: str | None = None,
    at_most: str | None = None,
    later: bool = False,
) -> Any:
    """Declare a number of TrainState that the header of a checkpoint has, with its rule there.

    It is never above the counter `at_most`. Files of the first versions lack it if it came `later`;
    then it has its default.
    """
    saved = Saved(key, Counter(check, at_most, default if later else None))
    return field(default=default, metadata={"saved": saved})


@dataclass
class TrainState:
    """The state of a run between two events. It is consistent at every event.

    Randomness is not in it: a stream depends on the seed and the step alone (see `rng`). The
    position in the data is the step as well.
    """

    params: Params
    slots: Slots  # of the optimizer
    carry: States | None = None  # the hidden state after the last chunk; None where an epoch begins
    step: int = counter(0)  # updates of the weights so far
    evaluated_step: int = counter(0, at_most="step")  # of the last validation
    best: Params | None = None  # the weights of the lowest validation loss
    best_loss: float | None = counter(None, LOSS)
    best_step: int = counter(0, at_most="step")
    evals_since_best: int = counter(0, key="stale")
    lr_drops: int = counter(0, key="falls")  # by a schedule that waits for better losses
    clipped: int = counter(0, later=True)  # steps whose gradient was clipped
    skips: int = counter(0, later=True)  # successive steps that were skipped
    rollbacks: int = counter(0, later=True)
    average: Params | None = None  # moving average of the weights, if the run keeps one
    seconds: float = field(default=0.0, compare=False)  # of training, by the clock

    @classmethod
    def begin(cls, params: Params, optimizer: Optimizer, *, averaging: bool = False) -> Self:
        """The state before the first step."""
        average = params.copy() if averaging else None
        return cls(params, new_slots(optimizer, params), average=average)

    @classmethod
    def counters(cls) -> dict[str, tuple[str, Counter]]:
        """The counters by their keys in the header of a checkpoint: the field and the rule."""
        saved = {f.name: f.metadata["saved"] for f in fields(cls) if "saved" in f.metadata}
        return {key or name: (name, counter) for name, (key, counter) in saved.items()}

    @property
    def eval_params(self) -> Params:
        """The weights that are evaluated, saved for use, and sampled from."""
        return self.average or self.params

    def copy(self) -> Self:
        """The same state in fresh memory."""
        fresh = replace(
            self,
            params=self.params.copy(),
            slots={name: slot.copy() for name, slot in self.slots.items()},
            average=self.average and self.average.copy(),
            carry=None,
        )
        fresh.copy_carry_(self.carry)
        return fresh

    def assign_(self, other: Self) -> None:
        """Become what `other` is, and share no memory with it that a step changes."""
        vars(self).update(vars(other.copy()))

    def copy_carry_(self, states: States | None) -> None:
        """Set `carry` to a copy of `states`, in the memory of the last one."""
        if states is None or self.carry is None:
            self.carry = states and tuple(tuple(a.copy() for a in layer) for layer in states)
            return
        for layer, new in zip(self.carry, states, strict=True):
            for array, value in zip(layer, new, strict=True):
                np.copyto(array, value)

    def at_best(self) -> Self:
        """The state with the best weights for the current ones; its counters are those of now."""
        best = self.best or self.eval_params
        return replace(
            self,
            params=best,
            average=self.average and best,
            carry=None,
            step=self.best_step,
            evaluated_step=self.best_step,
            evals_since_best=0,
        )

    def forget_text_(self) -> None:
        """Prepare for another text: drop the hidden state and the best weights of the old one."""
        self.carry = self.best = self.best_loss = None
        self.best_step = self.evals_since_best = 0

    def keep_best_(self, loss: float | None) -> None:
        """Keep the current weights as the best so far, with their validation loss."""
        self.best, self.best_loss, self.best_step = self.eval_params.copy(), loss, self.step
        self.evals_since_best = 0
