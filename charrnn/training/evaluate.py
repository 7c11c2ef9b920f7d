"""The loss of a text under a model: a full pass with a state of its own.

Every character but the first is predicted exactly once. Long texts are read as several tracks
side by side, which is many times faster than one; each track first reads the characters that stand
before it, unscored, so that it starts from the state that a single pass would have there, up to
what the model has forgotten in WARM_UP characters. How a text is cut depends on its length alone,
and so does the loss, whoever reads which of its groups of tracks.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.nn.arrays import Floats, Ids, State, States
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.model import CharModel
from charrnn.nn.ops import may_overflow
from charrnn.nn.params import Params
from charrnn.nn.tape import ModelTape
from charrnn.parallel.base import SOLO, Communicator
from charrnn.text.part import Part
from charrnn.training.evaluate_records import RecordEvaluation

TRACKS = 1024
GROUP = 32  # tracks that are read side by side
WARM_UP = 512
STEPS = 64


class Evaluation:
    """One pass over `part`. Iterate it to the end, then read `loss` (nats per character).

    The ranks of `comm` share the groups; each of them must iterate, and may stop only if all do.
    """

    def __init__(
        self,
        model: CharModel,
        p: Params,
        part: Part,
        kernels: Kernels = NUMPY,
        comm: Communicator = SOLO,
    ) -> None:
        self.model, self.p, self.part, self.kernels, self.comm = model, p, part, kernels, comm
        self.targets = part.targets
        self.tracks = max(1, min(TRACKS, self.targets // (4 * WARM_UP)))
        self.track_length = -(-self.targets // self.tracks)
        self.groups = np.array_split(np.arange(self.tracks), -(-self.tracks // GROUP))
        self.totals: Floats = np.zeros(len(self.groups))

    @property
    def loss(self) -> float:
        """Mean loss of the whole part, in nats per character."""
        return float(self.totals.sum()) / self.targets

    def __iter__(self) -> Iterator[int]:
        """Yield, after every chunk, how many characters have been predicted by all ranks."""
        read = 0
        for first in range(0, len(self.groups), self.comm.size):
            together = self.groups[first : first + self.comm.size]
            lengths = np.concatenate([self._lengths(tracks) for tracks in together])
            mine = first + self.comm.rank
            for stop in self._read(mine) if mine < len(self.groups) else self._stops():
                yield read + int(np.minimum(lengths, stop).sum())
            read += int(lengths.sum())
        self.totals = np.sum(self.comm.gather(self.totals), axis=0)

    def tape(self, k: int) -> ModelTape:
        """Memory to read group `k`; the first group is as large as any."""
        return self.model.tape(STEPS, len(self.groups[k]), self.p.flat.dtype, self.kernels)

    def _stops(self) -> Iterator[int]:
        """Where the chunks of every track end."""
        for start in range(0, self.track_length, STEPS):
            yield min(start + STEPS, self.track_length)

    def _read(self, k: int) -> Iterator[int]:
        """Read group `k`, and yield its step after every chunk."""
        tracks = self.groups[k]
        tape = self.tape(k)
        state = self._begin(k, tape)
        start = 0
        for stop in self._stops():
            chunk = tape.first(stop - start)
            positions = self._positions(tracks, start, stop)
            state, losses = self._losses(positions, state, chunk)
            scored = np.arange(start, stop)[:, None] < self._lengths(tracks)
            self.totals[k] += float(losses.sum(where=scored.ravel(), dtype=np.float64))
            start = stop
            yield stop

    @may_overflow
    def _begin(self, k: int, tape: ModelTape) -> States:
        """The state that the tracks of group `k` start from."""
        tracks = self.groups[k]
        self.model.prepare(self.p, tape)
        state = self.model.initial_state(self.p, len(tracks))
        if self.tracks == 1:
            return state
        for start in range(-WARM_UP, 0, STEPS):
            x = self.part.window(self._positions(tracks, start, start + STEPS))
            state = self.model.forward(self.p, x, state, tape)
        return self._first_track_from_initial(state) if k == 0 else state

    @may_overflow
    def _losses(self, positions: Ids, state: States, tape: ModelTape) -> tuple[States, Floats]:
        state = self.model.forward(self.p, self.part.window(positions), state, tape)
        return state, self.model.losses(self.part.window(positions + 1), tape)

    def _positions(self, tracks: Ids, start: int, stop: int) -> Ids:
        """Where `tracks` read at their steps start..stop; beyond the text, its nearest end."""
        steps = np.arange(start, stop)[:, None]
        inside: Ids = np.clip(steps + tracks * self.track_length, 0, self.targets - 1)
        return inside

    def _lengths(self, tracks: Ids) -> Ids:
        """How many characters each of `tracks` has to predict; the last ones may have fewer."""
        lengths: Ids = np.clip(self.targets - tracks * self.track_length, 0, self.track_length)
        return lengths

    def _first_track_from_initial(self, state: States) -> States:
        """The first track has nothing before it: whatever it warmed up on is forgotten."""
        initial = self.model.initial_state(self.p, 1)

        def mended(layer: State, fresh: State) -> State:
            for array, start in zip(layer, fresh, strict=True):
                array[0] = start[0]
            return layer

        return tuple(mended(a, b) for a, b in zip(state, initial, strict=True))


def evaluation_of(
    model: CharModel,
    p: Params,
    part: Part,
    kernels: Kernels = NUMPY,
    comm: Communicator = SOLO,
) -> Evaluation | RecordEvaluation:
    """The pass over `part` that its kind asks for."""
    kind = Evaluation if part.records is None else RecordEvaluation
    return kind(model, p, part, kernels, comm)


def evaluate(model: CharModel, p: Params, part: Part, kernels: Kernels = NUMPY) -> float:
    """The mean loss of `part` (which has targets), in nats per character."""
    evaluation = evaluation_of(model, p, part, kernels)
    for _ in evaluation:
        pass
    return evaluation.loss
