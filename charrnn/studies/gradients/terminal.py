"""How gradients flow, as tables and as JSON."""

from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING, Any

from charrnn.draw.console import table

if TYPE_CHECKING:
    import numpy as np

    from charrnn.studies.gradients.maths import Signal
    from charrnn.studies.gradients.spectrum import Spectrum
    from charrnn.studies.gradients.study import GradientFlow

SHARES = {"half": 0.5, "tenth": 0.1, "hundredth": 0.01}
MUCH = 10.0  # times as large: what is said to explode
QUANTILES = {"median": 0.5, "95 %": 0.95, "largest": 1.0}


def page(flow: "GradientFlow") -> str:
    """For people."""
    weights = f"trained, step {flow.step:,}" if flow.step else "fresh weights"
    return "\n".join(
        [
            f"{flow.network}, {weights}\n"
            f"norm of dL_T/dstate_t by the lag T - t, median of {flow.positions} positions T"
            " in the text\n",
            table(_norms(flow)),
            table([("", *SHARES, ""), *map(_reach, flow.signals)]),
            "the recurrent matrix, block by block: its singular values\n"
            + table([_SPECTRUM, *map(_spectrum, flow.spectra)])
            + _gated(flow),
            _clipping(flow),
        ]
    )


def values(flow: "GradientFlow") -> dict[str, Any]:
    """For programs. What is not finite is null."""
    clipping = flow.clipping
    return {
        "network": flow.network,
        "step": flow.step,
        "lags": flow.lags,
        "positions": flow.positions,
        "signals": [
            {
                "layer": one.layer,
                "state": one.state,
                "median": numbers(one.median),
                "lower_quartile": numbers(one.quartiles[0]),
                "upper_quartile": numbers(one.quartiles[1]),
                **{name: one.reach(share) for name, share in SHARES.items()},
            }
            for one in flow.signals
        ],
        "spectra": [
            {
                "layer": one.layer,
                "gate": one.gate,
                "slope": one.slope,
                "singular_values": numbers(one.singular_values),
                "spectral_radius": number(one.radius),
            }
            for one in flow.spectra
        ],
        "clipping": {
            "clip_norm": flow.clip_norm,
            "clip_value": flow.clip_value,
            "chunks": len(clipping.before),
            "batch_size": flow.batch_size,
            "seq_length": flow.seq_length,
            "share": clipping.share,
            "before": numbers(clipping.before),
            "after": numbers(clipping.after),
        },
    }


def numbers(array: "np.ndarray[Any, Any]") -> list[float | None]:
    """As JSON can hold them."""
    return [number(value) for value in map(float, array)]


def number(value: float) -> float | None:
    """As JSON can hold it."""
    return value if isfinite(value) else None


def shown_steps(last: int) -> list[int]:
    """1, 2, 4, 8, ... and the last one."""
    return [2**k for k in range(last.bit_length()) if 2**k < last] + [last]


def _norms(flow: "GradientFlow") -> list[tuple[str, ...]]:
    medians = [signal.median for signal in flow.signals]
    return [
        ("lag", *map(_name, flow.signals)),
        *(
            (str(lag), *(f"{float(median[lag - 1]):.2e}" for median in medians))
            for lag in shown_steps(flow.lags)
        ),
    ]


def _name(signal: "Signal") -> str:
    return f"layer {signal.layer} {signal.state}"


def _reach(signal: "Signal") -> tuple[str, ...]:
    lags = (signal.reach(share) for share in SHARES.values())
    return (_name(signal), *("-" if lag is None else str(lag) for lag in lags), in_words(signal))


def in_words(signal: "Signal") -> str:
    """What becomes of the signal at the largest lag, beside what it is at lag 1."""
    median = signal.median
    first, last, lags = float(median[0]), float(median[-1]), len(median)
    if not isfinite(last):
        return f"explodes: beyond all numbers before lag {lags}"
    if first == 0.0:
        return "nothing arrives"
    grown = last / first
    if grown >= MUCH:
        return f"explodes: {grown:.3g} times as large at lag {lags} as at lag 1"
    if grown > 1.0:
        return f"does not vanish: {grown:.2g} times as large at lag {lags} as at lag 1"
    if (lag := signal.reach(SHARES["hundredth"])) is not None:
        return f"vanishes: a hundredth is left at lag {lag}"
    return f"{grown:.1%} is left at lag {lags}"


_SPECTRUM = ("layer", "gate", "largest", "smallest", "radius", "gamma x largest", "")


def _spectrum(one: "Spectrum") -> tuple[str, ...]:
    smallest = float(one.singular_values[-1])
    figures = (f"{x:.3g}" for x in (one.largest, smallest, one.radius, one.bound))
    return (str(one.layer), one.gate, *figures, _reading(one))


def _reading(one: "Spectrum") -> str:
    through = "" if one.alone else " through this gate"
    if one.vanishes:
        return f"below 1: must vanish{through}"
    if one.may_explode:
        return f"above 1: may explode{through}, need not"
    return "1: between vanishing and exploding"


def _gated(flow: "GradientFlow") -> str:
    if all(one.alone for one in flow.spectra):
        return ""
    return (
        "what does not pass through a gate's matrix is not bounded by it: the way along c or"
        " (1-z) h, and what a layer norm scales\n"
    )


def _clipping(flow: "GradientFlow") -> str:
    clipping = flow.clipping
    rows = [
        (name, *(f"{_quantile(x, q):.3g}" for x in (clipping.before, clipping.after)))
        for name, q in QUANTILES.items()
    ]
    return (
        f"the gradient of a chunk: B {flow.batch_size} x T {flow.seq_length},"
        f" {len(clipping.before)} chunks; {''.join(_limits(flow))}\n"
        + table([("norm", "before", "after clipping"), *rows])
    )


def _limits(flow: "GradientFlow") -> Iterator[str]:
    limits = {"train.clip_norm": flow.clip_norm, "train.clip_value": flow.clip_value}
    given = [f"{key} {limit:g}" for key, limit in limits.items() if limit is not None]
    yield f"{' and '.join(given)} would clip " if given else "nothing clips "
    if given:
        yield f"{flow.clipping.share:.0%} of them"
    else:
        yield "them"


def _quantile(x: "np.ndarray[Any, Any]", share: float) -> float:
    """By the nearest that there is; what is not finite is the largest."""
    ordered = sorted(float(value) if isfinite(value) else float("inf") for value in x)
    return ordered[round(share * (len(ordered) - 1))]
