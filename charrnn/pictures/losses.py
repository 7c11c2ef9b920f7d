"""Validation loss against characters read, a line a variant; the figure of the lectures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from charrnn.pictures.figure import COLOURS, picture

if TYPE_CHECKING:
    from charrnn.api.outcomes import Summary


def draw_losses(found: "Sequence[Summary]", path: str) -> None:
    """Draw the curves of `found` into `path`. Raises UsageError where that cannot be."""
    with picture(path) as axes:
        for k, one in enumerate(found):
            for j, outcome in enumerate(one.good):
                characters = [x for x, _ in outcome.curve]
                losses = [y for _, y in outcome.curve]
                axes.plot(
                    characters,
                    losses,
                    color=COLOURS[k % len(COLOURS)],
                    linestyle="-" if k < len(COLOURS) else "--",
                    marker="." if len(losses) < 20 else None,
                    label=one.label if j == 0 else None,
                )
        axes.set_xlabel("characters read")
        axes.set_ylabel("validation loss, nats/char")
        axes.grid(alpha=0.3)
        axes.legend()
