"""The starter config: every key with its default and its documentation."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from textwrap import indent, wrap
from typing import Any

from charrnn.config.keys import Choice, Key, keys_of
from charrnn.config.schema import Config, plain
from charrnn.config.yaml_tree import yaml_of

WIDTH = 96
HEADER = """\
# A charrnn config. Every key is shown with its default and can be left out.
# Check it with `charrnn config check FILE`, train with `charrnn train FILE`.
"""


def starter_config(text_path: str) -> str:
    """A commented config that trains on `text_path`, in YAML."""
    run = re.sub(r"[^\w-]+", "-", PurePath(text_path).stem).strip("-") or "text"
    default = Config()
    config = replace(
        default,
        data=replace(default.data, path=(text_path,)),
        output=replace(default.output, dir=f"runs/{run}-{default.model.cell.name}"),
    )
    parts = ("\n".join(_entry(key, getattr(config, name))) for name, key in keys_of(Config).items())
    return "\n\n".join([HEADER.rstrip(), *parts]) + "\n"


def _entry(key: Key, value: Any) -> Iterator[str]:
    """The lines of one key: a comment, the key and its value."""
    yield from wrap(_comment(key), WIDTH, initial_indent="# ", subsequent_indent="# ")
    if isinstance(value, Choice):
        yield f"{key.name}:"
        yield f"  name: {value.name}"
        option_keys = keys_of((key.setting.table or {})[value.name])
        for option, option_value in value.options.items():
            yield indent("\n".join(_entry(option_keys[option], option_value)), "  ")
    elif key.is_section:
        yield f"{key.name}:"
        for name, inner in keys_of(key.hint).items():
            yield indent("\n".join(_entry(inner, getattr(value, name))), "  ")
    else:
        yield yaml_of({key.name: plain(value)}).rstrip()


def _comment(key: Key) -> str:
    sentences = [key.setting.doc] if key.is_section else [key.setting.doc, key.expected]
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences)
