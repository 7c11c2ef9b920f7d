"""The page of a text under one model: its surprisal in colours, and what was expected instead."""

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
from charrnn.draw.parts import Column, Row, Series, histogram, table
from charrnn.nn.arrays import Floats
from charrnn.terminal import one_line, shortened
from charrnn.text.vocab import display, visible

if TYPE_CHECKING:
    from charrnn.studies.surprisal.study import Line, Surprisal, SymbolLoss
    from charrnn.text.lines import Lined

FULL_ENTROPY = 4  # bits at which its colour is full
FULL_RANK = 16  # guesses, in a logarithmic scale
BIT, CHANCE = 1 / 256, 1 / 65535  # the units of surprisal and of probability that a page keeps
LAST_BIN = 10  # bits, in the last bar of a histogram
SCRIPTS = ("draw/text.js", "draw/sortable.js", "studies/surprisal/surprisal.js")

LINES = """\
<h2>Lines</h2>
<p class="soft">Their means. Lines much shorter than most are left out.</p>
"""
TEXT = """\
<div class="controls">
<label for="view">colours<select id="view">{options}</select></label>
<div class="legend"><span id="low"></span><span class="ramp" id="ramp"></span>
<span id="high"></span></div></div>
<div class="text scroll" id="text" aria-label="the text"></div>
<p class="soft">{cut}Point at a character to see what was expected there, or walk through the text
with the arrow keys.</p>
"""


def surprisal_page(found: "Surprisal", *, chars: int, lines: int) -> str:
    """The whole page; the text is cut after `chars` characters, and `lines` lines are ranked."""
    score, text = found.score, found.text
    views = [
        view("surprisal", "bits", FULL_SURPRISAL, "0 bits", f"{FULL_SURPRISAL:.0f} bits or more"),
        view("rank among the guesses", "rank", FULL_RANK, "first", f"{FULL_RANK}th or later"),
        view(
            "entropy: what it expected",
            "entropy",
            FULL_ENTROPY,
            "sure",
            f"{FULL_ENTROPY} bits or more",
        ),
    ]
    body = (
        f"<p>{escape(path_of(found))} predicts each character from all before it:"
        f" <strong>{score.bits_per_char:.4f} bits/char</strong>"
        f" ({score.nats_per_char:.4f} nats/char) over {score.characters:,} characters, as a choice"
        f" among {score.perplexity:.2f} that are equally likely; {escape(found.verdict)}.</p>\n"
        + text_part(views, text, chars)
        + LINES
        + line_table(found.lines(lines), "the most surprising first", text, chars)
        + symbols_beside(_symbol_table(found.symbols()), _distribution(found))
    )
    data = page_data(text, chars, views, {"": found})
    return page(f"Surprisal of {one_line(text.name)}", body, data=data, scripts=SCRIPTS)


def path_of(found: "Surprisal") -> str:
    """Where the model lies, on one line."""
    return one_line(str(found.trained.path))


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
    """A way to colour the text: what of which model, and where its colours end."""
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


def text_part(views: list[dict[str, Any]], text: "Lined", chars: int) -> str:
    """The place of the text, and above it the choice of its colours."""
    T = len(text.symbols)
    cut = f"The first {chars:,} of {T:,} characters; the tables are of all. " if chars < T else ""
    options = "".join(f"<option>{escape(one['name'])}</option>" for one in views)
    return TEXT.format(options=options, cut=cut)


def page_data(
    text: "Lined", chars: int, views: list[dict[str, Any]], models: "dict[str, Surprisal]"
) -> dict[str, Any]:
    """What surprisal.js reads. `models` have names, which are shown if they are not empty."""
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


def line_table(lines: "list[Line]", caption: str, text: "Lined", chars: int, sign: int = 1) -> str:
    """Lines with their means, times `sign`. Those that are shown can be gone to."""
    rows = [
        Row(
            (
                f"{one.number:,}",
                (sign * one.bits_per_char, f"{sign * one.bits_per_char:.2f}"),
                one_line(shortened(one.text)),
            ),
            one.start + len(text.before) if one.start < chars else None,
        )
        for one in lines
    ]
    columns = [Column("line"), Column("bits/char"), Column("text", number=False)]
    return table(caption, columns, rows)


def symbols_beside(symbols: str, distribution: str) -> str:
    """The last part of a page."""
    return (
        '<div class="beside">\n<section>\n<h2>Symbols</h2>\n'
        f"{symbols}</section>\n<section>\n<h2>Distribution</h2>\n{distribution}</section>\n</div>\n"
    )


def shares_of_bins(bits: Floats, weights: Floats | None = None) -> list[float]:
    """Which share of the characters, or of their weights, has 0 to 1 bits, 1 to 2, ..."""
    bins = np.minimum(bits.astype(np.intp), LAST_BIN)
    totals = np.bincount(bins, weights, minlength=LAST_BIN + 1)
    shares: list[float] = (totals / (totals.sum() or 1)).tolist()
    return shares


def bin_labels() -> list[str]:
    """What stands below the bars."""
    return [*(f"{k}-{k + 1}" for k in range(LAST_BIN)), f"{LAST_BIN}+"]


def _distribution(found: "Surprisal") -> str:
    series = [
        Series("share of the characters", shares_of_bins(found.bits), SKY_BLUE),
        Series("share of the loss", shares_of_bins(found.bits, found.bits), ORANGE),
    ]
    title = "How many characters have which surprisal, and how much of the loss is theirs"
    return histogram(title, "surprisal, bits", bin_labels(), series)


def _symbol_table(symbols: "list[SymbolLoss]") -> str:
    columns = [
        Column("symbol", number=False),
        Column("count"),
        Column("mean surprisal, bits"),
        Column("share of the loss"),
    ]
    rows = [
        Row(
            (
                one.name,
                (one.count, f"{one.count:,}"),
                (one.bits, f"{one.bits:.3f}"),
                (one.share, f"{one.share:.2%}"),
            )
        )
        for one in symbols
    ]
    return table(
        "what each symbol costs when it comes", columns, rows, "share of the loss descending"
    )
