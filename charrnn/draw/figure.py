"""Figures of matplotlib, written as PNG, SVG or PDF."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from charrnn.errors import UsageError
from charrnn.storage.files import make_folder, write_atomically
from charrnn.terminal import one_line

PICTURE_ENDINGS = (".png", ".svg", ".pdf")
WIDTH = 8.0  # inches


def check_picture(path: str) -> None:
    """Raise UsageError where no picture could be written to `path`.

    Commands call it before long work whose result they draw.
    """
    if Path(path).suffix.lower() not in PICTURE_ENDINGS:
        raise UsageError(f"{path}: a picture's name ends in {' or '.join(PICTURE_ENDINGS)}")
    folder = Path(os.path.realpath(path)).parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if Path(path).is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"{path}: the picture cannot be written there; choose another name")
    _matplotlib()


@contextmanager
def picture(path: str) -> Iterator[Any]:
    """Axes to draw on, written to `path` at the end of the block.

    The ending of `path` is the format. Raises UsageError where matplotlib is missing or the file
    cannot be written.
    """
    with pictures(path, (5.0,)) as (axes,):
        yield axes


@contextmanager
def pictures(path: str, heights: Sequence[float]) -> Iterator[list[Any]]:
    """Axes one below the other, of these heights in inches, with a common x axis.

    Otherwise as `picture`.
    """
    check_picture(path)
    figure = _matplotlib()(figsize=(WIDTH, sum(heights)), layout="constrained")
    rows = figure.subplots(len(heights), sharex=True, squeeze=False, height_ratios=heights)
    yield [axes for (axes,) in rows]
    drawn = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # it draws a box instead
        figure.savefig(drawn, dpi=150, format=Path(path).suffix[1:].lower())
    try:
        make_folder(Path(path).parent)
        write_atomically(Path(path), lambda file: file.write(drawn.getvalue()))
    except OSError as error:
        raise UsageError(f"{path}: the picture cannot be written ({error.strerror})") from None


def legible(name: str) -> str:
    """A name that matplotlib reads neither as a formula nor as one to leave out."""
    escaped = one_line(name).replace("$", r"\$")
    return f" {escaped}" if escaped.startswith("_") else escaped


def _matplotlib() -> Any:
    """Matplotlib's class of figures. Raises UsageError where it is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("pictures need matplotlib: pip install 'charrnn[plot]'") from None
    return Figure
