"""The frame of every page: one HTML file with its style, its scripts and its data in it."""

import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from charrnn.errors import UsageError
from charrnn.storage.files import make_folder, write_text

ENDINGS = (".html", ".htm")

# Nothing is loaded from anywhere, whatever a text or a name in the page would like.
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
    """A whole page. `body` is HTML; `data`, which becomes JSON, is what the `scripts` read.

    `scripts` and `styles` are paths of files in the package, in the order in which they count.
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
    """Raise UsageError for a name that is no page's: it may be that of a text or a checkpoint."""
    if Path(path).suffix.lower() not in ENDINGS:
        raise UsageError(f"{path}: a page's name ends in {' or '.join(ENDINGS)}")


def save_page(path: str | Path, content: str) -> None:
    """Write a page, and its folder if it is missing. Raises UsageError where that cannot be."""
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
    """JSON that no text in it can end: as safe in a script element as in a file.

    Lone surrogates stay escapes, and so is everything that HTML might read.
    """
    plain = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return plain.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
