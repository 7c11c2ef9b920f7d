"""Tables of gradients: norms by lag, reach, recurrent matrices, clipping, experiments."""

from collections.abc import Sequence
from math import inf, isfinite
from typing import TYPE_CHECKING

import numpy as np

from charrnn.draw.table import Column, Row, Table
from charrnn.terminal import count_of

if TYPE_CHECKING:
    from charrnn.nn.arrays import Floats
    from charrnn.studies.gradients.experiments import RecallCurve
    from charrnn.studies.gradients.maths import Signal
    from charrnn.studies.gradients.spectrum import Spectrum
    from charrnn.studies.gradients.study import GradientFlow
    from charrnn.studies.gradients.textbook import Experiment

SHARES = {"half": 0.5, "tenth": 0.1, "hundredth": 0.01}
EXPLOSION = 10.0  # times as large as at lag 1
RISE = 1.1  # from lag 1 to a peak that is worth a word
QUANTILES = {"median": 0.5, "95 %": 0.95, "largest": 1.0}
BOUND = (
    "bound: gamma x largest, with gamma the steepest slope of the nonlinearity. Below 1, gradients"
    " must vanish; above 1, they may explode, but need not."
)
GATED = " These bounds do not cover the path along c or (1-z) h, or layer norm."


def norm_table(flow: "GradientFlow") -> Table:
    """The median gradient norm of every state, at lags that double."""
    medians = [signal.median for signal in flow.signals]
    columns = (Column("lag", "d"), *(Column(name_of(one), ".2e") for one in flow.signals))
    rows: list[Row] = [
        (lag, *(float(median[lag - 1]) for median in medians)) for lag in shown_steps(flow.lags)
    ]
    title = (
        f"median norm of dL_T/dstate_t by lag T - t, over {count_of(flow.positions, 'position')} T"
    )
    return Table(columns, rows, title)


def reach_table(flow: "GradientFlow") -> Table:
    """The lags at which a half, a tenth and a hundredth of the gradient is left, and a verdict."""
    columns = (Column("state"), *(Column(name, "d") for name in SHARES), Column())
    rows: list[Row] = [
        (name_of(one), *(one.reach(share) for share in SHARES.values()), in_words(one))
        for one in flow.signals
    ]
    title = (
        f"first lag, up to {flow.lags}, at which the norm is at most this share of that at lag 1"
    )
    return Table(columns, rows, title)


def spectrum_table(flow: "GradientFlow") -> Table:
    """The singular values of each block of the recurrent matrices, and what they allow."""
    columns = (
        *(Column("layer", "d"), Column("gate")),
        *(Column(name, ".3g") for name in ("largest", "smallest", "radius", "bound")),
        Column(),
    )
    rows: list[Row] = [
        (
            *(one.layer, one.gate, one.largest, float(one.singular_values[-1])),
            *(one.radius, one.bound, _bound_in_words(one)),
        )
        for one in flow.spectra
    ]
    gated = "" if all(one.alone for one in flow.spectra) else GATED
    title = "singular values and spectral radius of the recurrent matrix, by gate"
    return Table(columns, rows, title, BOUND + gated)


def clipping_table(flow: "GradientFlow") -> Table:
    """Quantiles of the gradient norms of chunks, before and after clipping."""
    columns = (Column("norm"), Column("before", ".3g"), Column("after clipping", ".3g"))
    both = (flow.clipping.before, flow.clipping.after)
    rows: list[Row] = [
        (name, *(_quantile(norms, share) for norms in both)) for name, share in QUANTILES.items()
    ]
    chunks = count_of(len(both[0]), "chunk")
    title = f"gradient norms of {chunks}, B {flow.batch_size} x T {flow.seq_length}"
    return Table(columns, rows, title, _clipped_in_words(flow))


def textbook_table(experiments: "Sequence[Experiment]") -> Table:
    """The gradient norm after each of some steps, for every scale, without and with tanh."""
    columns = (
        Column("steps back", "d"),
        *(Column(f"{x.scale:g} {way}", ".2e") for x in experiments for way in ("linear", "tanh")),
    )
    rows: list[Row] = [
        (k, *(float(norms[k]) for x in experiments for norms in (x.linear, x.tanh)))
        for k in [0, *shown_steps(len(experiments[0].linear) - 1)]
    ]
    note = "linear: Wh alone. tanh: with the slopes of an RNN that reads random input."
    return Table(columns, rows, note=note)


def recall_table(curve: "RecallCurve") -> Table:
    """The loss and the accuracy of each cell, by lag."""
    columns = [Column("steps ago", "d")]
    for one in curve.learners:
        columns += [Column(f"{one.cell} nats", ".3f"), Column(f"{one.cell} right", ".0%")]
    rows: list[Row] = [
        (at[0].lag, *(figure for one in at for figure in (one.loss, one.accuracy)))
        for at in zip(*(one.results for one in curve.learners), strict=True)
    ]
    return Table(tuple(columns), rows)


def shown_steps(last: int) -> list[int]:
    """1, 2, 4, 8, ... and the last one."""
    return [2**k for k in range(last.bit_length()) if 2**k < last] + [last]


def name_of(signal: "Signal") -> str:
    """A state of a layer, by name."""
    return f"layer {signal.layer} {signal.state}"


def in_words(signal: "Signal") -> str:
    """The median gradient at the largest lag, relative to lag 1 and, if it rose, to its peak."""
    median = signal.median
    first, last, lags = float(median[0]), float(median[-1]), len(median)
    if not isfinite(last):
        return f"explodes: overflows before lag {lags}"
    if first == 0.0:
        return "nothing arrives"
    grown = last / first
    if grown >= EXPLOSION:
        return f"explodes: {grown:.3g}x at lag {lags}"
    peak = _peak_in_words(median)
    if grown > 1.0:
        return f"does not vanish: {grown:.2g}x at lag {lags}{peak}"
    if (lag := signal.reach(SHARES["hundredth"])) is not None:
        return f"vanishes: 1% left at lag {lag}" + (f"; at lag {lags}{peak[1:]}" if peak else "")
    return f"{grown:.1%} left at lag {lags}{peak}"


def _peak_in_words(median: "Floats") -> str:
    """The share of a peak after lag 1 that is left at the end, or nothing where there is none."""
    place = int(np.argmax(median))
    if median[place] < RISE * median[0] or place == len(median) - 1:
        return ""
    return f", {median[-1] / median[place]:.1%} of the peak at lag {place + 1}"


def _bound_in_words(one: "Spectrum") -> str:
    return "must vanish" if one.vanishes else "may explode" if one.may_explode else "in between"


def _clipped_in_words(flow: "GradientFlow") -> str:
    limits = {"train.clip_norm": flow.clip_norm, "train.clip_value": flow.clip_value}
    given = [f"{key} {limit:g}" for key, limit in limits.items() if limit is not None]
    if not given:
        return "no clipping"
    return f"{' and '.join(given)} would clip {flow.clipping.share:.0%} of them"


def _quantile(norms: "Floats", share: float) -> float:
    """Quantiles without interpolation; norms that are not finite count as the largest."""
    ordered = sorted(float(norm) if isfinite(norm) else inf for norm in norms)
    return ordered[round(share * (len(ordered) - 1))]
