"""The textbook's experiments and the recall curve, for a terminal and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from charrnn.draw.json_values import all_finite, finite
from charrnn.draw.terminal import table_text, wrapped
from charrnn.studies.gradients.tables import recall_table, textbook_table
from charrnn.terminal import count_of

if TYPE_CHECKING:
    from charrnn.studies.gradients.experiments import RecallCurve
    from charrnn.studies.gradients.textbook import Experiment


def textbook_view(found: "Sequence[Experiment]", matrix: str) -> str:
    """The textbook's experiment for a terminal."""
    size = {"orthogonal": "all singular values of Wh", "normal": "the largest singular value of Wh"}
    scales = ", ".join(f"{x.scale:g}" for x in found)
    radii = ", ".join(f"{x.radius:.3g}" for x in found)
    about = (
        "norm of a gradient that is multiplied by Wh again and again;"
        f" {size[matrix]}: {scales}; spectral radius: {radii}"
    )
    return f"{wrapped(about)}\n{table_text(textbook_table(found))}"


def textbook_values(found: "Sequence[Experiment]", matrix: str) -> dict[str, Any]:
    """The values for JSON."""
    return {
        "matrix": matrix,
        "experiments": [
            {
                "largest_singular_value": one.scale,
                "spectral_radius": finite(one.radius),
                "linear": all_finite(one.linear),
                "tanh": all_finite(one.tanh),
            }
            for one in found
        ],
    }


def recall_view(curve: "RecallCurve") -> str:
    """The recall curve for a terminal."""
    networks = ", ".join(
        f"{x.cell} {count_of(x.hidden_size, 'unit')} ({x.parameters:,} parameters)"
        for x in curve.learners
    )
    about = (
        f"recall of one of {curve.task.symbols} symbols after a number of steps, on new sequences;"
        f" guessing costs {curve.task.guess:.3f} nats"
    )
    bias = f"initial forget bias of the LSTM: {curve.forget_bias:g}"
    if curve.forget_bias <= 1.0:
        bias += " (with 1 it forgets; try --forget-bias 5)"
    return f"{wrapped(about)}{wrapped(networks)}{bias}\n\n{table_text(recall_table(curve))}"


def recall_values(curve: "RecallCurve") -> dict[str, Any]:
    """The values for JSON."""
    return {
        "symbols": curve.task.symbols,
        "guess_nats": curve.task.guess,
        "forget_bias": curve.forget_bias,
        "networks": [asdict(learner) for learner in curve.learners],
    }
