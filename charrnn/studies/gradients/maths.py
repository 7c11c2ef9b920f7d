"""How far the error signal travels: the norm of dL_T/dh_t against the lag T - t.

L_T is the loss of step T alone, as training counts it, with label smoothing if it has any. h_t, and
c_t where there is one, is the state that step t hands to step t + 1 of its own layer, the others as
they are: what truncation after step t would take for a constant. The gradient comes from the cells'
own backward, a step at a time, so there is no second formula for any cell (Hochreiter 1991; Bengio,
Simard and Frasconi 1994; Pascanu, Mikolov and Bengio 2013).
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Floats, Ids, States
from charrnn.nn.chunk import Chunk
from charrnn.nn.model import CharModel
from charrnn.nn.ops import may_overflow
from charrnn.nn.params import Params
from charrnn.nn.read import Sequences, read


@dataclass(frozen=True)
class Signal:
    """The norms of the gradient of one state of one layer, by lag and end position.

    Medians and quartiles summarise many positions: they are robust to the few steps whose gradient
    is a thousand times that of the others, and to gradients of exactly 0, which have no logarithm.
    """

    layer: int  # 0 is the lowest
    state: str  # h or c
    norms: Floats  # (K, W): row k has the lag k + 1; infinite where float64 was too small

    @property
    def median(self) -> Floats:
        """(K,), over the positions."""
        return self._quantile(0.5)

    @property
    def quartiles(self) -> tuple[Floats, Floats]:
        """The lower and the upper one, (K,) each."""
        return self._quantile(0.25), self._quantile(0.75)

    def reach(self, share: float) -> int | None:
        """The first lag at which the median is at most `share` of that at lag 1.

        None if that is beyond K, or nothing arrives at lag 1.
        """
        median = self.median
        low = np.flatnonzero(median <= share * median[0])
        return int(low[0]) + 1 if low.size and median[0] > 0 else None

    def _quantile(self, share: float) -> Floats:
        """Quantiles without interpolation, as norms may be infinite."""
        norms: Floats = np.quantile(self.norms, share, axis=1, method="nearest")
        return norms


@may_overflow
def error_signals(model: CharModel, p: Params, x: Ids, y: Ids, lags: int) -> tuple[Signal, ...]:
    """The signals of every layer and state, for lags 1 .. `lags`.

    Each track of `x` (T, B) is read from the initial state on; L_T is the loss of its last step,
    whose target is `y` (B,). `lags` is at most T. Noise is left out, as in evaluation. Weights of
    float64 can represent norms from 1e-300 to 1e300.
    """
    T, B = x.shape
    starts = deque([model.initial_state(p, B)], lags + 1)  # of the last steps, and the state after
    for span in read(model, p, [Sequences(x, y, most=1)]):
        starts.append(_copy(span.state))
    by_lag = [_norms(d) for d in _gradients(model, p, x[T - lags :], y, starts)]
    return tuple(
        Signal(k, name, np.stack([norms[k][j] for norms in by_lag]))
        for k, cell in enumerate(model.cells)
        for j, name in enumerate(cell.states)
    )


def _gradients(
    model: CharModel, p: Params, x: Ids, y: Ids, starts: Sequence[States]
) -> Iterator[States]:
    """dL_T/dstate before the last step, before the one before it, and so on.

    Every step is read again, as a chunk of its own, from the state in `starts` before it; what its
    backward returns is what the step before it gets as the gradient of its last state.
    """
    g, tape = p.like(), model.tape(1, len(y), p.flat.dtype)
    model.prepare(p, tape)
    dlast: States | None = None
    for t in reversed(range(len(x))):
        skip = 0 if dlast is None else 1  # no loss but that of the last step counts
        now = Chunk(x[t : t + 1], y[None], targets=1, skip=skip)
        model.forward(p, now.x, starts[t], tape, skip=skip)
        if dlast is None:
            model.training_loss_(now, tape)
            model.loss_backward_(now, tape)
        dlast = _copy(model.backward(p, g, now, tape, None, dlast=dlast))
        yield dlast


def _norms(d: States) -> tuple[tuple[Floats, ...], ...]:
    return tuple(tuple(row_norms(array) for array in layer) for layer in d)


def row_norms(x: Floats) -> Floats:
    """The Euclidean norm of each row of `x` (R, K), also where squares would be 0 or infinite.

    Infinite where a row has a number that is not finite.
    """
    largest = np.abs(x).max(axis=1)
    usable = np.isfinite(largest)
    unit = np.where(usable & (largest > 0), largest, 1.0)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        scaled = x / unit[:, None]
        norms = unit * np.sqrt((scaled * scaled).sum(axis=1))
    return np.where(usable, norms, np.inf)


def _copy(states: States) -> States:
    return tuple(tuple(array.copy() for array in layer) for layer in states)
