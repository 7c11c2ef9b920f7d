"""The page of a text under two models: coloured by which of them predicts it better."""

from html import escape
from math import log
from typing import TYPE_CHECKING

import numpy as np

from charrnn.draw.colours import BLUE_TO_RED, FULL_DIFFERENCE, FULL_SURPRISAL, ORANGE, SKY_BLUE
from charrnn.draw.page import page
from charrnn.draw.parts import Column, Row, Series, histogram, table
from charrnn.studies.surprisal.page import (
    LINES,
    SCRIPTS,
    bin_labels,
    line_table,
    page_data,
    path_of,
    shares_of_bins,
    symbols_beside,
    text_part,
    view,
)
from charrnn.terminal import one_line

if TYPE_CHECKING:
    from charrnn.studies.surprisal.difference import Difference, SymbolDifference


def difference_page(found: "Difference", *, chars: int, lines: int) -> str:
    """The whole page; the text is cut after `chars` characters, and `lines` lines ranked twice."""
    text, full = found.text, f"{FULL_DIFFERENCE:.0f} bits or more"
    ends = ("0 bits", f"{FULL_SURPRISAL:.0f} bits or more")
    views = [
        view(
            *(
                "difference",
                "difference",
                FULL_DIFFERENCE,
                f"A better, {full}",
                f"B better, {full}",
            ),
            ramp=BLUE_TO_RED,
        ),
        view("surprisal of A", "bits", FULL_SURPRISAL, *ends),
        view("surprisal of B", "bits", FULL_SURPRISAL, *ends, model=1),
    ]
    body = (
        _summary(found)
        + text_part(views, text, chars)
        + LINES
        + '<div class="beside">\n'
        + line_table(found.better(-1, lines), "A is better by", text, chars, -1)
        + line_table(found.better(1, lines), "B is better by", text, chars)
        + "</div>\n"
        + symbols_beside(_symbol_table(found.symbols()), _distribution(found))
    )
    data = page_data(text, chars, views, {"A": found.a, "B": found.b})
    data["left"] = np.flatnonzero(~found.counted[:chars]).tolist()
    return page(f"Two models on {one_line(text.name)}", body, data=data, scripts=SCRIPTS)


def _summary(found: "Difference") -> str:
    a, b = (mean / log(2) for mean in found.means())
    return (
        f"<p>A is {escape(path_of(found.a))}, with {a:.4f} bits/char over {found.characters:,}"
        f" characters; B is {escape(path_of(found.b))}, with {b:.4f}."
        f" <strong>{escape(found.verdict)}.</strong></p>\n"
    )


def _distribution(found: "Difference") -> str:
    series = [
        Series("share of the characters, A", shares_of_bins(found.a.bits[found.counted]), SKY_BLUE),
        Series("share of the characters, B", shares_of_bins(found.b.bits[found.counted]), ORANGE),
    ]
    title = "How many characters have which surprisal under A and under B"
    return histogram(title, "surprisal, bits", bin_labels(), series)


def _symbol_table(symbols: "list[SymbolDifference]") -> str:
    columns = [
        Column("symbol", number=False),
        Column("count"),
        Column("A, bits"),
        Column("B, bits"),
        Column("for A, bits/char of the text"),
    ]
    rows = [
        Row(
            (
                one.name,
                (one.count, f"{one.count:,}"),
                (one.a, f"{one.a:.3f}"),
                (one.b, f"{one.b:.3f}"),
                (-one.share, f"{-one.share:+.5f}"),
            )
        )
        for one in symbols
    ]
    caption = "what each symbol adds to the difference"
    return table(caption, columns, rows, "for A, bits/char of the text descending")
