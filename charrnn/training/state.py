"""TrainState: all that survives a restart, in one place."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from charrnn.nn.params import Params
from charrnn.nn.tape import States
from charrnn.optim import Optimizer, Slots, new_slots


@dataclass
class TrainState:
    """What a run is between two events. It is consistent whenever an event is handed out.

    Randomness is not in it: a stream depends on the seed and the step alone (see `rng`). The
    position in the data is the step as well.
    """

    params: Params
    slots: Slots  # of the optimizer
    carried: States | None = None  # the state after the last chunk; None where an epoch begins
    step: int = 0  # changes of the weights so far
    evaluated_step: int = 0  # the last step after which the validation split was read
    best: Params | None = None  # the weights of the lowest validation loss
    best_loss: float | None = None
    best_step: int = 0
    stale: int = 0  # evaluations since then
    falls: int = 0  # how often a schedule has lowered the rate because of them
    clipped: int = 0  # steps whose gradient was cut
    skips: int = 0  # steps in a row that could not be taken
    rollbacks: int = 0  # how often the run came back to a good state
    average: Params | None = None  # of the weights over time, if the run keeps one
    seconds: float = field(default=0.0, compare=False)  # of training, by the clock

    @classmethod
    def begin(cls, params: Params, optimizer: Optimizer, *, averaging: bool = False) -> Self:
        """The state before the first step."""
        average = params.copy() if averaging else None
        return cls(params, new_slots(optimizer, params), average=average)

    @property
    def judged(self) -> Params:
        """The weights that are evaluated, saved for use, and sampled from."""
        return self.average or self.params

    def copy(self) -> Self:
        """The same state in fresh memory."""
        fresh = replace(
            self,
            params=self.params.copy(),
            slots={name: slot.copy() for name, slot in self.slots.items()},
            average=self.average and self.average.copy(),
            carried=None,
        )
        fresh.carry(self.carried)
        return fresh

    def assign_(self, other: Self) -> None:
        """Become what `other` is, and share no memory with it that a step changes."""
        vars(self).update(vars(other.copy()))

    def carry(self, states: States | None) -> None:
        """Remember `states`, copied into memory that is kept from step to step."""
        if states is None or self.carried is None:
            self.carried = states and tuple(tuple(a.copy() for a in layer) for layer in states)
            return
        for layer, new in zip(self.carried, states, strict=True):
            for mine, array in zip(layer, new, strict=True):
                np.copyto(mine, array)

    def at_best(self) -> Self:
        """The state with its best weights for those of now; how they were reached is not known."""
        best = self.best or self.judged
        return replace(
            self,
            params=best,
            average=self.average and best,
            carried=None,
            step=self.best_step,
            evaluated_step=self.best_step,
            stale=0,
        )

    def forget_text(self) -> None:
        """Go on with another text: what was carried out of the old one, and judged by it, goes."""
        self.carried = self.best = self.best_loss = None
        self.best_step = self.stale = 0

    def keep_best(self, loss: float | None) -> None:
        """The weights as they are now are the best so far."""
        self.best, self.best_loss, self.best_step = self.judged.copy(), loss, self.step
        self.stale = 0
