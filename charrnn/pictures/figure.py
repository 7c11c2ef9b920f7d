"""A figure of matplotlib: the one place that knows it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from charrnn.errors import UsageError

# Okabe and Ito (2008): told apart by all kinds of colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


@contextmanager
def picture(path: str) -> Iterator[Any]:
    """Axes to draw on; at the end of the block they are written to `path`.

    The name's ending says in which format. Raises UsageError where matplotlib is missing or the
    file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("pictures need matplotlib: pip install 'charrnn[plot]'") from None
    figure = Figure(figsize=(8, 5), layout="constrained")
    yield figure.subplots()
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: the picture cannot be written ({error})") from None
