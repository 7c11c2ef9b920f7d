"""Tables: columns with formats, and rows of values, to be rendered as text, HTML or JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from charrnn.terminal import one_line, shortened

Value: TypeAlias = str | int | float | None
Row: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True)
class Column:
    """A column: its head, with the unit; the format of its numbers; its key in JSON.

    `form` is a format specification such as ",.0f", or None for a column of text.
    """

    name: str = ""
    form: str | None = None
    key: str | None = None  # None: JSON leaves it out
    shown: bool = True  # False: JSON alone has it
    longest: int | None = None  # characters of a text that are shown

    @property
    def is_number(self) -> bool:
        """Numbers are aligned to the right, and sorted as numbers."""
        return self.form is not None

    def cell(self, value: Value) -> str:
        """A value for people, on one line; "-" for None."""
        if value is None:
            return "-"
        if isinstance(value, str):
            return one_line(value if self.longest is None else shortened(value, self.longest))
        return format(value, self.form or "")


@dataclass(frozen=True)
class Table:
    """Rows of values, one for each column. `order` says how they are sorted: "bits descending"."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]
    title: str = ""
    note: str = ""  # sentences on what the figures mean
    order: str = ""  # for tables that a page lets its reader sort

    def shown(self) -> list[tuple[Column, tuple[Value, ...]]]:
        """The columns for people, each with its values from top to bottom."""
        return [
            (column, tuple(row[k] for row in self.rows))
            for k, column in enumerate(self.columns)
            if column.shown
        ]
