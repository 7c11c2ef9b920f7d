"""The README as a package index shows it: no pictures, and relative links as plain text.

A build hook of Hatchling, named in pyproject.toml. An index has neither the project's pictures nor
its other files, and the README does not know where the project is hosted.
"""

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface


def for_an_index(markdown: str) -> str:
    """`markdown` without pictures, its relative links replaced by their words."""
    without_pictures = re.sub(r"^!\[[^\]]*\]\([^)]*\)\n+", "", markdown, flags=re.MULTILINE)
    return re.sub(r"\[([^\]]*)\]\((?!https?:)[^)]*\)", r"\1", without_pictures)


class CustomMetadataHook(MetadataHookInterface):
    def update(self, metadata: dict) -> None:
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": for_an_index(text)}
