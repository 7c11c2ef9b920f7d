"""Pages: one HTML file with its style, its scripts and its data in it."""

import json
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.errors import UsageError
from charrnn.nn.arrays import Floats
from charrnn.storage.files import make_folder, write_text

PAGE_ENDINGS = (".html", ".htm")

# Nothing is ever loaded, whatever a text or a name in the page contains.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

FRAME = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
<script type="application/json" id="data">{data}</script>
<script>
{script}</script>
</body>
</html>
"""


def page(
    title: str,
    body: str,
    *,
    data: Any = None,
    scripts: Sequence[str] = (),
    styles: Sequence[str] = (),
) -> str:
    """A whole page: `body` as HTML, and `data` as JSON for the `scripts`.

    `scripts` and `styles` are paths of files in the package, in order.
    """
    return FRAME.format(
        policy=POLICY,
        title=escape(title),
        style="".join(asset(name) for name in ("draw/base.css", *styles)),
        body=body,
        data=embedded(data),
        script="".join(asset(name) for name in scripts),
    )


def check_page(path: str | Path) -> None:
    """Raise UsageError unless `path` ends as a page does: it may name a text or a checkpoint."""
    if Path(path).suffix.lower() not in PAGE_ENDINGS:
        raise UsageError(f"{path}: a page's name ends in {' or '.join(PAGE_ENDINGS)}")


def save_page(path: str | Path, content: str) -> None:
    """Write a page, and its folder if it is missing. Raises UsageError where it cannot."""
    check_page(path)
    try:
        make_folder(Path(path).parent)
        write_text(Path(path), content)
    except OSError as error:
        raise UsageError(f"{path}: the page cannot be written ({error.strerror})") from None


def asset(name: str) -> str:
    """A file of the package."""
    return files("charrnn").joinpath(name).read_text(encoding="utf-8")


def embedded(data: Any) -> str:
    """JSON that is safe in a script element: no text in it can end the element.

    Lone surrogates and the special characters of HTML are escaped.
    """
    plain = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return plain.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def packed(numbers: NDArray[Any]) -> dict[str, str]:
    """Unsigned integers as base64, in the smallest type that holds the largest.

    `numbersOf` of text.js reads it. The order is that of the array in memory, of any shape.
    """
    small = np.min_scalar_type(int(numbers.max(initial=0)))
    raw = np.ascontiguousarray(numbers, small.newbyteorder("<")).tobytes()
    return {"type": small.name, "base64": b64encode(raw).decode("ascii")}


def quantised(numbers: Floats, unit: float) -> NDArray[np.uint16]:
    """Numbers of at least 0 as multiples of `unit`, clipped to 65,535 of them."""
    whole: NDArray[np.uint16] = np.minimum(np.rint(numbers / unit), 65535).astype(np.uint16)
    return whole
