"""The picture of gradient flow: the norm by lag, one line per layer and state."""

from typing import TYPE_CHECKING

import numpy as np

from charrnn.draw.colours import series_colour
from charrnn.draw.figure import picture
from charrnn.nn.arrays import Floats

if TYPE_CHECKING:
    from charrnn.studies.gradients.study import GradientFlow

STYLES = ("-", "--", ":")  # of the first, second ... state of a cell


def draw_flow(flow: "GradientFlow", path: str) -> None:
    """Draw medians and quartiles into `path`. Raises UsageError where it cannot."""
    lags = np.arange(1, flow.lags + 1)
    states = [*dict.fromkeys(signal.state for signal in flow.signals)]
    with picture(path) as axes:
        axes.set_yscale("log")
        for signal in flow.signals:
            colour = series_colour(signal.layer)
            axes.plot(
                lags,
                on_log_axis(signal.median),
                color=colour,
                linestyle=STYLES[states.index(signal.state) % len(STYLES)],
                label=f"layer {signal.layer}, {signal.state}",
            )
            lower, upper = map(on_log_axis, signal.quartiles)
            axes.fill_between(lags, lower, upper, color=colour, alpha=0.15, linewidth=0)
        if flow.seq_length < flow.lags:
            axes.axvline(flow.seq_length, color="#555555", linestyle=":")
            axes.annotate(
                f"training cuts here ({flow.seq_length})",
                (flow.seq_length, 0.98),
                xycoords=("data", "axes fraction"),
                xytext=(4, 0),
                textcoords="offset points",
                va="top",
                fontsize="small",
            )
        axes.set_xlim(1, max(2, flow.lags))
        axes.set_xlabel("lag T - t, steps")
        axes.set_ylabel("norm of dL_T / dstate_t, nats per unit of the state")
        weights = f"trained, step {flow.step:,}" if flow.step else "fresh weights"
        axes.set_title(
            f"{flow.network}, {weights}: median of {flow.positions} positions, quartiles"
        )
        axes.grid(alpha=0.3)
        axes.legend()


def on_log_axis(norms: Floats) -> Floats:
    """Norms with NaN for 0 and infinity, which a log axis cannot show."""
    return np.where(np.isfinite(norms) & (norms > 0), norms, np.nan)
