"""The config reference in Markdown, made from the keys themselves."""

from collections.abc import Iterable, Iterator, Mapping
from inspect import getdoc
from json import dumps
from typing import TypeAlias

from charrnn.config.keys import Choice, Key, keys_of
from charrnn.config.schema import Config, plain

Row: TypeAlias = tuple[str, ...]

COLUMNS = ("default", "allowed", "meaning", "may change on resume")


def reference_table() -> str:
    """Markdown: a table for each section, and one for each key whose values have names."""
    return "\n\n".join(_tables("", keys_of(Config))) + "\n"


def _tables(prefix: str, keys: Mapping[str, Key]) -> Iterator[str]:
    rows = [(f"`{prefix}{name}`", *_cells(key)) for name, key in keys.items() if not key.is_section]
    yield _markdown(("key", *COLUMNS), rows)
    for name, key in keys.items():
        if key.is_section:
            yield from _tables(f"{prefix}{name}.", keys_of(key.hint))
        elif key.setting.table is not None:
            names = key.setting.table.items()
            rows = [row for chosen, cls in names for row in _name_rows(chosen, cls)]
            yield _markdown((f"`{prefix}{name}`", "option", *COLUMNS), rows)


def _name_rows(name: str, cls: type) -> Iterator[Row]:
    """What a name stands for, and under it a row for each of its options."""
    summary = " ".join((getdoc(cls) or "").partition("\n\n")[0].split())
    yield f"`{name}`", "", "", "", summary, ""
    for option, key in keys_of(cls).items():
        yield "", f"`{option}`", *_cells(key)


def _cells(key: Key) -> Row:
    default = key.default.name if isinstance(key.default, Choice) else plain(key.default)
    return (
        f"`{dumps(default)}`",
        key.expected,
        key.setting.doc,
        "yes" if key.setting.resumable else "",
    )


def _markdown(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("*", "\\*")
