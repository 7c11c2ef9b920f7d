"""The textbook's experiments and the recall curve, as tables and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from charrnn.draw.console import table
from charrnn.studies.gradients.terminal import number, numbers, shown_steps

if TYPE_CHECKING:
    from charrnn.studies.gradients.experiments import RecallCurve
    from charrnn.studies.gradients.textbook import Experiment

UNITS = ("nats", "right")


def textbook_page(found: "Sequence[Experiment]", matrix: str) -> str:
    """For people."""
    steps = len(found[0].linear) - 1
    what = {
        "orthogonal": "all singular values of Wh are as given",
        "normal": "the largest singular value of Wh is as given, the others are smaller",
    }
    head = ("steps back", *(f"{x.scale:g} {way}" for x in found for way in ("linear", "tanh")))
    rows = [
        (str(k), *(f"{float(norms[k]):.2e}" for x in found for norms in (x.linear, x.tanh)))
        for k in [0, *shown_steps(steps)]
    ]
    radii = ", ".join(f"{x.radius:.3g}" for x in found)
    return (
        f"norm of a gradient that is multiplied by Wh again and again: {what[matrix]}\n"
        f"spectral radius {radii}\n\n{table([head, *rows])}\n"
        "linear is Wh alone; tanh also multiplies by the slopes of an RNN that reads random input\n"
    )


def textbook_values(found: "Sequence[Experiment]", matrix: str) -> dict[str, Any]:
    """For programs."""
    return {
        "matrix": matrix,
        "experiments": [
            {
                "largest_singular_value": one.scale,
                "spectral_radius": number(one.radius),
                "linear": numbers(one.linear),
                "tanh": numbers(one.tanh),
            }
            for one in found
        ],
    }


def recall_page(curve: "RecallCurve") -> str:
    """For people: a row a lag, two columns a cell."""
    head = ("steps ago", *(f"{one.cell} {what}" for one in curve.learners for what in UNITS))
    rows = [
        (str(at[0].lag), *(text for x in at for text in (f"{x.loss:.3f}", f"{x.accuracy:.0%}")))
        for at in zip(*(one.results for one in curve.learners), strict=True)
    ]
    networks = ", ".join(
        f"{x.cell} {x.hidden_size} units ({x.parameters:,} parameters)" for x in curve.learners
    )
    return (
        f"recalling one of {curve.task.symbols} symbols after so many steps, on new sequences;"
        f" guessing costs {curve.task.guess:.3f} nats\n{networks};"
        f" the LSTM's forget bias begins at {curve.forget_bias:g}\n\n{table([head, *rows])}"
    )


def recall_values(curve: "RecallCurve") -> dict[str, Any]:
    """For programs."""
    return {
        "symbols": curve.task.symbols,
        "guess_nats": curve.task.guess,
        "forget_bias": curve.forget_bias,
        "networks": [asdict(learner) for learner in curve.learners],
    }
