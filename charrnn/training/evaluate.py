"""The loss of a text under a model: a full pass with a state of its own.

Every character but the first is predicted exactly once. Long texts are read as several tracks
side by side, which is many times faster than one; each track first reads the characters that stand
before it, unscored, so that it starts from the state that a single pass would have there, up to
what the model has forgotten in WARM_UP characters. How a text is cut depends on its length alone.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.arrays import Ids
from charrnn.cells import State
from charrnn.model import CharModel, ModelTape, States
from charrnn.params import Params
from charrnn.text.batches import Part

TRACKS = 64
WARM_UP = 512
STEPS = 64


class Evaluation:
    """One pass over `part`. Iterate it to the end, then read `loss` (nats per character)."""

    def __init__(self, model: CharModel, p: Params, part: Part) -> None:
        self.model, self.p, self.part = model, p, part
        self.targets = len(part.ids) - 1
        self.tracks = max(1, min(TRACKS, self.targets // (4 * WARM_UP)))
        self.track_length = -(-self.targets // self.tracks)
        self.total = 0.0

    @property
    def loss(self) -> float:
        """Mean loss of the whole part, in nats per character."""
        return self.total / self.targets

    def __iter__(self) -> Iterator[int]:
        """Yield, after every chunk, how many characters have been predicted."""
        tape = self.model.tape(STEPS, self.tracks, self.p.flat.dtype)
        self.model.load(self.p, tape)
        state = self.model.initial_state(self.p, self.tracks)
        if self.tracks > 1:
            for start in range(-WARM_UP, 0, STEPS):
                x = self.part.window(self._positions(start, start + STEPS))
                state = self.model.forward(self.p, x, state, tape)
            state = self._first_track_from_initial(state)
        for start in range(0, self.track_length, STEPS):
            stop = min(start + STEPS, self.track_length)
            state = self._score(start, stop, state, tape.first(stop - start))
            yield int(np.minimum(self._lengths(), stop).sum())

    @np.errstate(over="ignore", invalid="ignore")  # a loss that is not finite tells of it
    def _score(self, start: int, stop: int, state: States, tape: ModelTape) -> States:
        """Add up the losses of the tracks' steps start..stop."""
        positions = self._positions(start, stop)
        state = self.model.forward(self.p, self.part.window(positions), state, tape)
        losses = self.model.losses(self._targets(positions), tape)
        scored = np.arange(start, stop)[:, None] < self._lengths()
        self.total += float(losses.sum(where=scored.ravel(), dtype=np.float64))
        return state

    def _positions(self, start: int, stop: int) -> Ids:
        """Where the tracks read at their steps start..stop; beyond the text, its nearest end."""
        steps = np.arange(start, stop)[:, None]
        positions = steps + np.arange(self.tracks) * self.track_length
        inside: Ids = np.clip(positions, 0, self.targets - 1)
        return inside

    def _targets(self, positions: Ids) -> Ids:
        return self.part.window(positions + 1).ravel()

    def _lengths(self) -> Ids:
        """How many characters each track has to predict; the last ones may have fewer."""
        starts = np.arange(self.tracks) * self.track_length
        lengths: Ids = np.clip(self.targets - starts, 0, self.track_length)
        return lengths

    def _first_track_from_initial(self, state: States) -> States:
        """The first track has nothing before it: whatever it warmed up on is forgotten."""
        initial = self.model.initial_state(self.p, self.tracks)

        def mended(layer: State, fresh: State) -> State:
            for array, start in zip(layer, fresh, strict=True):
                array[0] = start[0]
            return layer

        return tuple(mended(a, b) for a, b in zip(state, initial, strict=True))


def evaluate(model: CharModel, p: Params, part: Part) -> float:
    """The mean loss of `part` (2 characters or more), in nats per character."""
    evaluation = Evaluation(model, p, part)
    for _ in evaluation:
        pass
    return evaluation.loss
