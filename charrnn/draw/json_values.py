"""Values as JSON can hold them: the records of a table, and numbers with null for NaN."""

from collections.abc import Iterable
from math import isfinite
from typing import Any

from charrnn.draw.table import Table


def table_records(table: Table) -> list[dict[str, Any]]:
    """One object per row, with the values of all columns that have a key."""
    keys = [(k, column.key) for k, column in enumerate(table.columns) if column.key is not None]
    return [
        {key: finite(row[k]) if isinstance(row[k], float) else row[k] for k, key in keys}
        for row in table.rows
    ]


def finite(value: Any) -> float | None:
    """The number; None, which becomes null, where it is not finite."""
    return float(value) if isfinite(value) else None


def all_finite(values: Iterable[Any]) -> list[float | None]:
    """The numbers, with None for each that is not finite."""
    return [finite(value) for value in values]
