#!/usr/bin/env python
"""Download public texts to train on, and verify them. The only program here that uses the network.

    python scripts/get_data.py                      the list of texts
    python scripts/get_data.py tinyshakespeare      into texts/tinyshakespeare.txt

An interrupted download continues where it stopped. A file gets its name only after its SHA-256 has
been verified.
"""

import argparse
import hashlib
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

BLOCK = 1 << 16  # bytes
TIMEOUT = 30  # seconds without a byte


class Text(NamedTuple):
    """A text on the network."""

    url: str
    sha256: str
    what: str


RAW = "https://raw.githubusercontent.com/karpathy"
TEXTS = {
    "tinyshakespeare": Text(
        f"{RAW}/char-rnn/master/data/tinyshakespeare/input.txt",
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        "parts of Shakespeare's plays, 1,115,394 characters",
    ),
    "names": Text(
        f"{RAW}/makemore/master/names.txt",
        "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
        "32,033 first names, one per line",
    ),
}


class DownloadError(Exception):
    """The message says what went wrong and what to do."""


def download(text: Text, path: Path) -> None:
    """Fetch `text` into `path`, unless it is there already. Raises DownloadError."""
    if path.exists() and digest(path) == text.sha256:
        return
    part = path.with_name(f"{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _fetch(text.url, part)
    except (OSError, urllib.error.URLError) as error:
        raise DownloadError(
            f"{text.url}: {error}; what has arrived is kept, and the same command goes on"
        ) from None
    if digest(part) != text.sha256:
        part.unlink()
        raise DownloadError(f"{text.url}: not the text that is expected (its SHA-256 differs)")
    part.replace(path)


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(url: str, part: Path) -> None:
    """Append to `part` what it does not have yet."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # it is all there
            return
        raise
    with response:
        goes_on = response.status == 206
        total = int(response.headers.get("Content-Length", 0)) + (have if goes_on else 0)
        with (
            part.open("ab" if goes_on else "wb") as file,
            tqdm(
                total=total or None,
                initial=have if goes_on else 0,
                unit="B",
                unit_scale=True,
                desc=part.stem,
                disable=None,
            ) as bar,
        ):
            while block := response.read(BLOCK):
                file.write(block)
                bar.update(len(block))
            file.flush()
        if total and part.stat().st_size < total:
            raise OSError("the connection was lost")


def main() -> int:
    """Run the script; the exit code is 1 where a text could not be had."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TEXTS))
    parser.add_argument("--folder", type=Path, default=Path("texts"))
    options = parser.parse_args()
    if unknown := set(options.names) - set(TEXTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there is {', '.join(TEXTS)}")
    if not options.names:
        for name, text in TEXTS.items():
            print(f"{name:16} {text.what}")
    for name in options.names:
        path = options.folder / f"{name}.txt"
        try:
            download(TEXTS[name], path)
        except DownloadError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
