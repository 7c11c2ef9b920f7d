"""Two models on one text in a terminal, and their values for JSON."""

from math import log
from typing import TYPE_CHECKING, Any

from charrnn.draw.annotated_text import cut, in_colours, in_digits, legend
from charrnn.draw.colours import BLUE_TO_RED, FULL_DIFFERENCE
from charrnn.draw.json_values import table_records
from charrnn.draw.table import Column, Table
from charrnn.draw.terminal import table_text, wrapped
from charrnn.studies.surprisal.tables import line_table, symbol_difference_table
from charrnn.studies.surprisal.terminal import SYMBOLS, character_values, rounded, text_values

if TYPE_CHECKING:
    from charrnn.studies.surprisal.difference import Difference


def view(difference: "Difference", *, chars: int, lines: int, colours: bool) -> str:
    """The text and the tables for a terminal, harmless."""
    tables = (
        line_table(
            difference.better(-1, lines), "lines that A predicts better, and by how much", -1
        ),
        line_table(difference.better(1, lines), "lines that B predicts better, and by how much"),
        symbol_difference_table(difference.symbols(), SYMBOLS),
    )
    return "\n".join([_shown(difference, chars, colours), *map(table_text, tables)])


def _shown(difference: "Difference", chars: int, colours: bool) -> str:
    """The text, and a legend of its colours or digits."""
    if not chars:
        return ""
    if colours:
        shares = difference.bits[:chars] / (2 * FULL_DIFFERENCE) + 0.5
        text = in_colours(difference.text, shares, BLUE_TO_RED) + cut(difference.text, chars)
        full = int(FULL_DIFFERENCE)
        labels = [f"{abs(k)}{'+' if abs(k) == full else ''}" for k in range(-full, full + 1)]
        text += f"bits: A better {legend(labels, BLUE_TO_RED)} B better\n"
    else:
        text = in_digits(difference.text, [difference.a.bits[:chars], difference.b.bits[:chars]])
        text += cut(difference.text, chars)
        text += "below each character, its bits under A, then under B: . for less than half a bit\n"
    return f"\n{text}"


def verdict(difference: "Difference") -> str:
    """The loss of each model, which is better, by how much, and how certain that is."""
    columns = (Column("model"), Column("nats/char", ".4f"), Column("bits/char", ".4f"), Column(""))
    rows = [
        (name, mean, mean / log(2), str(one.trained.path))
        for name, mean, one in zip(
            "AB", difference.means(), (difference.a, difference.b), strict=True
        )
    ]
    return table_text(Table(columns, rows)) + wrapped(difference.verdict)


def values(difference: "Difference", *, chars: int, lines: int) -> dict[str, Any]:
    """The values for JSON, with those of the first `chars` characters; below 0 is for A."""
    a, b = difference.means()
    return {
        "models": {"a": str(difference.a.trained.path), "b": str(difference.b.trained.path)},
        "characters": difference.characters,
        "left_out": len(difference.counted) - difference.characters,
        "nats_per_char": {"a": a, "b": b},
        "difference": {
            "nats_per_char": difference.nats_per_char,
            "bits_per_char": difference.bits_per_char,
            "interval_bits": difference.interval
            and [bound / log(2) for bound in difference.interval],
        },
        "lines": {
            "a_better": table_records(line_table(difference.better(-1, lines), "lines")),
            "b_better": table_records(line_table(difference.better(1, lines), "lines")),
        },
        "symbols": table_records(symbol_difference_table(difference.symbols())),
        **text_values(difference.text, chars),
        "bits": rounded(difference.bits[:chars]),
        "a": character_values(difference.a, chars),
        "b": character_values(difference.b, chars),
    }
