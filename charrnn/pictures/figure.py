"""A figure of matplotlib: the one place that knows it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from charrnn.errors import UsageError

NEEDED = "pictures need matplotlib: pip install 'charrnn[plot]'"

# Okabe and Ito (2008): told apart by all kinds of colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


FORMATS = ("png", "svg", "pdf")


def check_picture(path: str) -> None:
    """Raise UsageError where a picture cannot be written to `path`: before the work, not after."""
    if find_spec("matplotlib") is None:
        raise UsageError(NEEDED)
    file = Path(path)
    if file.suffix.lower().removeprefix(".") not in FORMATS:
        raise UsageError(f"{path}: the name of a picture ends in .png, .svg or .pdf")
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise UsageError(f"{path}: the picture cannot be written; choose another folder or name")


@contextmanager
def picture(path: str) -> Iterator[Any]:
    """Axes to draw on; at the end of the block they are written to `path`.

    The name's ending says in which format. Raises UsageError where matplotlib is missing or the
    file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError(NEEDED) from None
    figure = Figure(figsize=(8, 5), layout="constrained")
    yield figure.subplots()
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: the picture cannot be written ({error})") from None
