"""The page of a text under one model: surprisal in colours, and the guesses at each character."""

from html import escape
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np

from charrnn.draw.colours import (
    FULL_SURPRISAL,
    ORANGE,
    SKY_BLUE,
    STEPS,
    WHITE_TO_ORANGE,
    Colour,
    palette,
    to_css,
)
from charrnn.draw.page import packed, page, quantised
from charrnn.draw.parts import Series, histogram, table_html
from charrnn.nn.arrays import Floats
from charrnn.studies.surprisal.tables import line_table, symbol_table
from charrnn.terminal import one_line
from charrnn.text.symbols import display, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charrnn.studies.surprisal.study import Line, Surprisal
    from charrnn.text.lines import PredictedText

FULL_ENTROPY = 4  # bits at which its colour is full
FULL_RANK = 16  # guesses, in a logarithmic scale
BIT, CHANCE = 1 / 256, 1 / 65535  # the units of surprisal and of probability that a page keeps
LAST_BIN = 10  # bits, in the last bar of a histogram
SCRIPTS = ("draw/text.js", "draw/sortable.js", "studies/surprisal/surprisal.js")

LINES = """\
<h2>Lines</h2>
<p class="soft">Means over each line. Lines much shorter than most are left out.</p>
"""
TEXT = """\
<div class="controls">
<label for="view">colours<select id="view">{options}</select></label>
<div class="legend"><span id="low"></span><span class="ramp" id="ramp"></span>
<span id="high"></span></div></div>
<div class="text scroll" id="text" aria-label="the text"></div>
<p class="soft">{cut}Point at a character to see the guesses there, or walk through the text with
the arrow keys.</p>
"""


def surprisal_page(surprisal: "Surprisal", *, chars: int, lines: int) -> str:
    """The page of the first `chars` characters and the `lines` most surprising lines."""
    score, text = surprisal.score, surprisal.text
    views = [
        view("surprisal", "bits", FULL_SURPRISAL, "0 bits", f"{FULL_SURPRISAL:.0f} bits or more"),
        view("rank among the guesses", "rank", FULL_RANK, "first", f"{FULL_RANK}th or later"),
        view(
            "entropy of the prediction",
            "entropy",
            FULL_ENTROPY,
            "sure",
            f"{FULL_ENTROPY} bits or more",
        ),
    ]
    body = (
        f"<p>{escape(path_of(surprisal))} predicts each character from all before it:"
        f" <strong>{score.bits_per_char:.4f} bits/char</strong>"
        f" ({score.nats_per_char:.4f} nats/char) over {score.characters:,} characters, like"
        f" choosing among {score.perplexity:.2f} equally likely characters (perplexity);"
        f" {escape(surprisal.verdict)}.</p>\n"
        + text_part(views, text, chars)
        + LINES
        + ranked_lines(surprisal.lines(lines), "most surprising lines", text, chars)
        + symbols_next_to(table_html(symbol_table(surprisal.symbols())), _distribution(surprisal))
    )
    data = page_data(text, chars, views, {"": surprisal})
    return page(f"Surprisal of {one_line(text.name)}", body, data=data, scripts=SCRIPTS)


def path_of(surprisal: "Surprisal") -> str:
    """The path of the model, on one line."""
    return one_line(str(surprisal.trained.path))


def view(
    name: str,
    measure: str,
    full: float,
    low: str,
    high: str,
    *,
    model: int = 0,
    ramp: tuple[Colour, ...] = WHITE_TO_ORANGE,
) -> dict[str, Any]:
    """A way to colour the text: a measure of a model, and the ends of its colours."""
    colours = [to_css(colour) for colour in palette(ramp, STEPS)]
    return {
        "name": name,
        "measure": measure,
        "full": full,
        "low": low,
        "high": high,
        "model": model,
        "ramp": colours,
    }


def text_part(views: list[dict[str, Any]], text: "PredictedText", chars: int) -> str:
    """The element of the text, below the choice of its colours."""
    T = len(text.symbols)
    cut = (
        f"The first {chars:,} of {T:,} characters; the tables cover all of them. "
        if chars < T
        else ""
    )
    options = "".join(f"<option>{escape(one['name'])}</option>" for one in views)
    return TEXT.format(options=options, cut=cut)


def page_data(
    text: "PredictedText", chars: int, views: list[dict[str, Any]], models: "dict[str, Surprisal]"
) -> dict[str, Any]:
    """The data of surprisal.js. Names of `models` are shown unless they are empty."""
    symbols = np.concatenate([np.array(text.before, text.symbols.dtype), text.symbols[:chars]])
    alphabet, places = np.unique(symbols, return_inverse=True)
    return {
        "text": packed(places),
        "shown": [visible(symbol, text.level) for symbol in alphabet.tolist()],
        "names": [display(symbol, text.level) for symbol in alphabet.tolist()],
        "before": len(text.before),
        "left": [],
        "units": {"bits": BIT, "chances": CHANCE},
        "views": views,
        "models": [
            {
                "name": name,
                "names": one.vocabulary.names(),
                "bits": packed(quantised(one.bits[:chars], BIT)),
                "entropy": packed(quantised(one.entropies[:chars] / log(2), BIT)),
                "ranks": packed(one.ranks[:chars]),
                "guesses": packed(one.guesses[:chars]),
                "chances": packed(quantised(one.chances[:chars], CHANCE)),
                "most": one.guesses.shape[1],
            }
            for name, one in models.items()
        ],
    }


def ranked_lines(
    lines: "Sequence[Line]", title: str, text: "PredictedText", chars: int, sign: int = 1
) -> str:
    """A table of lines; those among the first `chars` characters lead to their place."""
    places = [line.start + len(text.before) if line.start < chars else None for line in lines]
    return table_html(line_table(lines, title, sign), places=places)


def symbols_next_to(symbols: str, distribution: str) -> str:
    """The last part of a page."""
    return (
        '<div class="side-by-side">\n<section>\n<h2>Symbols</h2>\n'
        f"{symbols}</section>\n<section>\n<h2>Distribution</h2>\n{distribution}</section>\n</div>\n"
    )


def shares_of_bins(bits: Floats, weights: Floats | None = None) -> list[float]:
    """The share of the characters, or of their weights, in each bin of one bit."""
    bins = np.minimum(bits.astype(np.intp), LAST_BIN)
    totals = np.bincount(bins, weights, minlength=LAST_BIN + 1)
    shares: list[float] = (totals / (totals.sum() or 1)).tolist()
    return shares


def bin_labels() -> list[str]:
    """The labels below the bars."""
    return [*(f"{k}-{k + 1}" for k in range(LAST_BIN)), f"{LAST_BIN}+"]


def _distribution(surprisal: "Surprisal") -> str:
    series = [
        Series("share of the characters", shares_of_bins(surprisal.bits), SKY_BLUE),
        Series("share of the loss", shares_of_bins(surprisal.bits, surprisal.bits), ORANGE),
    ]
    title = "Characters by their surprisal, and their share of the loss"
    return histogram(title, "surprisal, bits", bin_labels(), series)
