"""A table in a terminal: aligned columns, two blanks apart, between its title and its note."""

from textwrap import fill

from charrnn.draw.table import Column, Table
from charrnn.terminal import columns_of

WIDTH = 80  # columns of the longest line of a note


def table_text(table: Table) -> str:
    """The lines of a table, without a line of heads where no column has one. It is harmless."""
    if not table.rows:
        return f"{table.title}: none\n"
    shown = table.shown()
    has_heads = any(column.name for column, _ in shown)
    blocks = [
        _aligned(column, [column.name] * has_heads + [column.cell(value) for value in values])
        for column, values in shown
    ]
    lines = ["  ".join(cells).rstrip() for cells in zip(*blocks, strict=True)]
    return "".join(f"{line}\n" for line in [*_title(table), *lines, *_note(table)])


def wrapped(text: str) -> str:
    """Sentences in lines of at most WIDTH columns, a newline at the end."""
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


def _aligned(column: Column, cells: list[str]) -> list[str]:
    """The cells of one column, padded to one width."""
    width = max(map(columns_of, cells))
    blanks = [" " * (width - columns_of(cell)) for cell in cells]
    pairs = zip(cells, blanks, strict=True)
    return [blank + cell if column.is_number else cell + blank for cell, blank in pairs]


def _title(table: Table) -> list[str]:
    return wrapped(table.title).splitlines() if table.title else []


def _note(table: Table) -> list[str]:
    return wrapped(table.note).splitlines() if table.note else []
