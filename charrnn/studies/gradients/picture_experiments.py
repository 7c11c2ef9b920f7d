"""Pictures of the textbook's experiment and of the recall curve."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from charrnn.draw.colours import series_colour
from charrnn.draw.figure import picture
from charrnn.studies.gradients.picture import on_log_axis

if TYPE_CHECKING:
    from charrnn.studies.gradients.experiments import RecallCurve
    from charrnn.studies.gradients.textbook import Experiment

MARKERS = "osD^v"


def draw_textbook(found: "Sequence[Experiment]", path: str) -> None:
    """Draw the norms of `found` into `path`. Raises UsageError where it cannot."""
    with picture(path) as axes:
        axes.set_yscale("log")
        for k, one in enumerate(found):
            colour, steps = series_colour(k), np.arange(len(one.linear))
            label = f"largest singular value {one.scale:g}"
            axes.plot(steps, on_log_axis(one.linear), color=colour, label=f"{label}, Wh alone")
            axes.plot(
                steps,
                on_log_axis(one.tanh),
                color=colour,
                linestyle="--",
                label=f"{label}, with tanh",
            )
        axes.set_xlabel("steps back")
        axes.set_ylabel("gradient norm (1 at the start)")
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")


def draw_recall(curve: "RecallCurve", path: str) -> None:
    """Draw the losses of `curve` into `path`. Raises UsageError where it cannot."""
    with picture(path) as axes:
        lags = curve.lags
        for k, learner in enumerate(curve.learners):
            axes.plot(
                lags,
                [one.loss for one in learner.results],
                clip_on=False,
                color=series_colour(k),
                marker=MARKERS[k % len(MARKERS)],
                label=f"{learner.cell}, {learner.hidden_size} units",
            )
        guess = curve.task.guess
        axes.axhline(guess, color="#555555", linestyle=":")
        axes.annotate(
            f"guessing: ln {curve.task.symbols} = {guess:.2f} nats",
            (lags[0], guess),
            xytext=(0, 4),
            textcoords="offset points",
            fontsize="small",
        )
        axes.set_xscale("log", base=2)
        axes.set_xticks(lags, [str(lag) for lag in lags])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.set_xlabel("steps between the symbol and its recall")
        axes.set_ylabel("loss on new sequences, nats")
        axes.grid(alpha=0.3)
        axes.legend()
