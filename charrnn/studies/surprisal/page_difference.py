"""The page of a text under two models: coloured by which of them predicts it better."""

from html import escape
from math import log
from typing import TYPE_CHECKING

import numpy as np

from charrnn.draw.colours import BLUE_TO_RED, FULL_DIFFERENCE, FULL_SURPRISAL, ORANGE, SKY_BLUE
from charrnn.draw.page import page
from charrnn.draw.parts import Series, histogram, table_html
from charrnn.studies.surprisal.page import (
    LINES,
    SCRIPTS,
    bin_labels,
    page_data,
    path_of,
    ranked_lines,
    shares_of_bins,
    symbols_next_to,
    text_part,
    view,
)
from charrnn.studies.surprisal.tables import symbol_difference_table
from charrnn.terminal import one_line

if TYPE_CHECKING:
    from charrnn.studies.surprisal.difference import Difference


def difference_page(difference: "Difference", *, chars: int, lines: int) -> str:
    """The page of the first `chars` characters and, for each model, its `lines` best lines."""
    text, full = difference.text, f"{FULL_DIFFERENCE:.0f} bits or more"
    sides = (f"A better, {full}", f"B better, {full}")
    ends = ("0 bits", f"{FULL_SURPRISAL:.0f} bits or more")
    views = [
        view("difference", "difference", FULL_DIFFERENCE, *sides, ramp=BLUE_TO_RED),
        view("surprisal of A", "bits", FULL_SURPRISAL, *ends),
        view("surprisal of B", "bits", FULL_SURPRISAL, *ends, model=1),
    ]
    body = (
        _summary(difference)
        + text_part(views, text, chars)
        + LINES
        + '<div class="side-by-side">\n'
        + ranked_lines(
            difference.better(-1, lines),
            "lines where A is better, and by how much",
            text,
            chars,
            -1,
        )
        + ranked_lines(
            difference.better(1, lines), "lines where B is better, and by how much", text, chars
        )
        + "</div>\n"
        + symbols_next_to(
            table_html(symbol_difference_table(difference.symbols())), _distribution(difference)
        )
    )
    data = page_data(text, chars, views, {"A": difference.a, "B": difference.b})
    data["left"] = np.flatnonzero(~difference.counted[:chars]).tolist()
    return page(f"Two models on {one_line(text.name)}", body, data=data, scripts=SCRIPTS)


def _summary(difference: "Difference") -> str:
    a, b = (mean / log(2) for mean in difference.means())
    return (
        f"<p>A is {escape(path_of(difference.a))}, with {a:.4f} bits/char over"
        f" {difference.characters:,} characters;"
        f" B is {escape(path_of(difference.b))}, with {b:.4f}."
        f" <strong>{escape(difference.verdict)}.</strong></p>\n"
    )


def _distribution(difference: "Difference") -> str:
    series = [
        Series(
            "share of the characters, A",
            shares_of_bins(difference.a.bits[difference.counted]),
            SKY_BLUE,
        ),
        Series(
            "share of the characters, B",
            shares_of_bins(difference.b.bits[difference.counted]),
            ORANGE,
        ),
    ]
    title = "Characters by their surprisal under A and under B"
    return histogram(title, "surprisal, bits", bin_labels(), series)
