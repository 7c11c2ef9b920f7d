"""Parts of pages as HTML: tables that can be sorted, histograms. Whatever text comes is escaped."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from charrnn.draw.colours import Colour, to_css


class Column(NamedTuple):
    """What stands in a column."""

    name: str
    number: bool = True


class Row(NamedTuple):
    """The cells of a row: texts, or numbers with how they are told."""

    cells: tuple[str | tuple[float, str], ...]
    place: int | None = None  # of a character that its first cell leads to


def table(
    caption: str, columns: Sequence[Column], rows: Sequence[Row], order: str | None = None
) -> str:
    """A table. If it has an `order`, as "bits descending", sortable.js can give it another."""
    head = "".join(_head(column, order or "") for column in columns)
    body = "".join(_row(row, columns) for row in rows)
    kind = ' class="sortable"' if order else ""
    return (
        f"<table{kind}><caption>{escape(caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>\n"
    )


def _head(column: Column, order: str) -> str:
    name, _, direction = order.rpartition(" ")
    sort = f' aria-sort="{direction}"' if order and column.name == name else ""
    return f'<th scope="col"{_kind(column.number)}{sort}>{escape(column.name)}</th>'


def _row(row: Row, columns: Sequence[Column]) -> str:
    place = "" if row.place is None else f' data-place="{row.place}"'
    cells = "".join(_cell(*pair) for pair in zip(row.cells, columns, strict=True))
    return f"<tr{place}>{cells}</tr>\n"


def _cell(cell: str | tuple[float, str], column: Column) -> str:
    if isinstance(cell, str):
        return f"<td{_kind(column.number)}>{escape(cell)}</td>"
    value, told = cell
    return f'<td{_kind(column.number)} data-value="{value:.9g}">{escape(told)}</td>'


def _kind(number: bool) -> str:
    return ' class="number"' if number else ""


class Series(NamedTuple):
    """Bars of a histogram, side by side with those of other series."""

    name: str
    shares: Sequence[float]  # (n,) of each bin, 0 to 1
    colour: Colour


WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 520, 220, 48, 44, 24


def histogram(title: str, axis: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """An SVG of bars, as a share of the whole; `labels` (n,) stand below the bins."""
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
