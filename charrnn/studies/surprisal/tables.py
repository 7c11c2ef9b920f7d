"""Tables of surprisal: lines and symbols, under one model and under two."""

from collections.abc import Sequence

from charrnn.draw.table import Column, Row, Table
from charrnn.studies.surprisal.difference import SymbolDifference
from charrnn.studies.surprisal.study import Line, SymbolLoss

LONGEST = 50  # characters of a line that are shown

# A symbol in JSON: the character itself and its code; people read its name.
_CODED = (Column(key="symbol", shown=False), Column(key="codepoint", shown=False))


def line_table(lines: Sequence[Line], title: str, sign: int = 1) -> Table:
    """Lines with their means; people read the means times `sign`, JSON holds them as they are."""
    columns = (
        Column("line", ",", "line"),
        Column(key="characters", shown=False),
        Column(key="nats_per_char", shown=False),
        Column("nats/char", ".3f"),
        Column("bits/char", ".3f"),
        Column("text", key="text", longest=LONGEST),
    )
    rows = [
        (
            *(line.number, line.characters, line.nats_per_char),
            *(sign * line.nats_per_char, sign * line.bits_per_char, line.text),
        )
        for line in lines
    ]
    return Table(columns, rows, title)


def symbol_table(
    symbols: Sequence[SymbolLoss], title: str = "loss by symbol", most: int | None = None
) -> Table:
    """The cost of each symbol; after the first `most` of them, one row for all others."""
    columns = (
        Column("symbol"),
        *_CODED,
        Column("count", ",", "count"),
        Column("bits", ".3f", "bits"),
        Column("share of the loss", ".2%", "share"),
    )
    rows: list[Row] = [
        (one.name, chr(one.symbol), one.symbol, one.count, one.bits, one.share)
        for one in symbols[:most]
    ]
    if others := symbols[len(rows) :]:
        count = sum(one.count for one in others)
        bits = sum(one.bits * one.count for one in others) / count
        share = sum(one.share for one in others)
        rows.append((f"{len(others)} others", None, None, count, bits, share))
    return Table(columns, rows, title, order="share of the loss descending")


def symbol_difference_table(symbols: Sequence[SymbolDifference], most: int | None = None) -> Table:
    """The share of each symbol in the difference of two models, for A first and for B last.

    Beyond the `most` symbols with the largest share, either way, one row is for all others.
    """
    columns = (
        Column("symbol"),
        *_CODED,
        Column("count", ",", "count"),
        Column("A, bits", ".3f", "bits_a"),
        Column("B, bits", ".3f", "bits_b"),
        Column(key="bits_per_char", shown=False),
        Column("A better by, bits/char", "+.5f"),
    )
    ranked = sorted(symbols, key=lambda one: -abs(one.share))
    chosen = sorted(ranked[:most], key=lambda one: one.share)
    rows: list[Row] = [
        (
            *(one.name, chr(one.symbol), one.symbol, one.count),
            *(one.a, one.b, one.share, -one.share),
        )
        for one in chosen
    ]
    if others := ranked[len(rows) :]:
        count = sum(one.count for one in others)
        a, b = (sum(getattr(one, k) * one.count for one in others) / count for k in "ab")
        share = sum(one.share for one in others)
        rows.append((f"{len(others)} others", None, None, count, a, b, share, -share))
    title = "share of each symbol in the difference"
    return Table(columns, rows, title, order="A better by, bits/char descending")
