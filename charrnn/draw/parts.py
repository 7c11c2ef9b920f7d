"""Parts of pages as HTML: tables that can be sorted, and histograms. All text is escaped."""

from collections.abc import Sequence
from html import escape
from itertools import zip_longest
from typing import NamedTuple

from charrnn.draw.colours import Colour, to_css
from charrnn.draw.table import Column, Row, Table, Value


def table_html(
    table: Table, *, places: Sequence[int | None] = (), kind: str = "", buttons: bool = False
) -> str:
    """A table; one that has an `order` can be sorted by sortable.js.

    `places` (one for each row, or none) are characters of a text that the first cells lead to,
    `kind` is a class of the element, and with `buttons` the first cells are buttons.
    """
    if not table.rows:
        return f'<p class="soft">{escape(table.title)}: none</p>\n'
    columns = [column for column, _ in table.shown()]
    head = "".join(_head(column, table.order) for column in columns)
    rows = zip(*(values for _, values in table.shown()), strict=True)
    body = "".join(
        _row(table, columns, cells, place, buttons)
        for cells, place in zip_longest(rows, places or (None,) * len(table.rows))
    )
    classes = f"{kind} sortable".strip() if table.order else kind
    attribute = f' class="{classes}"' if classes else ""
    return (
        f"<table{attribute}><caption>{escape(table.title)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>\n"
        + (f'<p class="soft">{escape(table.note)}</p>\n' if table.note else "")
    )


def _head(column: Column, order: str) -> str:
    name, _, direction = order.rpartition(" ")
    sort = f' aria-sort="{direction}"' if order and column.name == name else ""
    return f'<th scope="col"{_kind(column)}{sort}>{escape(column.name)}</th>'


def _row(
    table: Table, columns: Sequence[Column], cells: Row, place: int | None, buttons: bool
) -> str:
    lead = "" if place is None else f' data-place="{place}"'
    parts = [_cell(column, value, table) for column, value in zip(columns, cells, strict=True)]
    if buttons:
        name = escape(columns[0].cell(cells[0]))
        parts[0] = f'<td><button type="button">{name}</button></td>'
    return f"<tr{lead}>{''.join(parts)}</tr>\n"


def _cell(column: Column, value: Value, table: Table) -> str:
    """A cell, with its exact number where the table can be sorted by it."""
    is_exact = table.order and isinstance(value, int | float)
    exact = f' data-value="{value:.9g}"' if is_exact else ""
    return f"<td{_kind(column)}{exact}>{escape(column.cell(value))}</td>"


def _kind(column: Column) -> str:
    return ' class="number"' if column.is_number else ""


class Series(NamedTuple):
    """The bars of one series in a histogram."""

    name: str
    shares: Sequence[float]  # (n,) of each bin, 0 to 1
    colour: Colour


WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 520, 220, 48, 44, 24


def histogram(title: str, axis: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """An SVG of bars, as shares of the whole, with `labels` (n,) below the bins."""
    most = max((share for one in series for share in one.shares), default=0.0) or 1.0
    width, height = (WIDTH - LEFT) / len(labels), HEIGHT - BOTTOM - TOP
    parts = []
    for share in (0.0, most / 2, most):
        y = TOP + height * (1 - share / most)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d0d0d0"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
        )
    for k, label in enumerate(labels):
        x = LEFT + (k + 0.5) * width
        parts.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">'
            f"{escape(label)}</text>"
        )
    thin = 0.8 * width / len(series)
    for j, one in enumerate(series):
        for k, share in enumerate(one.shares):
            x, tall = LEFT + (k + 0.1) * width + j * thin, height * share / most
            parts.append(
                f'<rect x="{x:.1f}" y="{TOP + height - tall:.1f}" width="{thin:.1f}"'
                f' height="{tall:.1f}" fill="{to_css(one.colour)}" stroke="#595959"'
                ' stroke-width="0.5"/>'
            )
        x = LEFT + 8 + j * 200
        parts.append(
            f'<rect x="{x}" y="2" width="12" height="12" fill="{to_css(one.colour)}"'
            ' stroke="#595959" stroke-width="0.5"/>'
            f'<text x="{x + 18}" y="12">{escape(one.name)}</text>'
        )
    parts.append(
        f'<text x="{LEFT + (WIDTH - LEFT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">'
        f"{escape(axis)}</text>"
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img"'
        f' aria-label="{escape(title)}">{"".join(parts)}</svg>\n'
    )
