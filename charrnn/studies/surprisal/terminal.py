"""Surprisal in a terminal, a text in colours and two tables; and its values for JSON."""

from math import log
from typing import TYPE_CHECKING, Any

from charrnn.draw.annotated_text import cut, in_colours, in_digits, legend
from charrnn.draw.colours import FULL_SURPRISAL, WHITE_TO_ORANGE
from charrnn.draw.json_values import table_records
from charrnn.draw.terminal import table_text
from charrnn.studies.surprisal.tables import line_table, symbol_table
from charrnn.text.vocab import UNK

if TYPE_CHECKING:
    from charrnn.nn.arrays import Floats
    from charrnn.studies.surprisal.study import Surprisal
    from charrnn.text.lines import PredictedText

SYMBOLS = 20  # rows of a table


def view(surprisal: "Surprisal", *, chars: int, lines: int, colours: bool) -> str:
    """The text and the tables for a terminal, harmless."""
    tables = (
        line_table(surprisal.lines(lines), "most surprising lines"),
        symbol_table(surprisal.symbols(), most=SYMBOLS),
    )
    text = f"{surprisal.verdict}\n{_shown(surprisal, chars, colours)}"
    return "\n".join([text, *map(table_text, tables)])


def _shown(surprisal: "Surprisal", chars: int, colours: bool) -> str:
    """The text, and a legend of its colours or digits."""
    bits = surprisal.bits[:chars]
    if not chars:
        return ""
    if colours:
        text = in_colours(surprisal.text, bits / FULL_SURPRISAL, WHITE_TO_ORANGE)
        labels = [f"{k}" for k in range(int(FULL_SURPRISAL))] + [f"{FULL_SURPRISAL:.0f}+"]
        text += cut(surprisal.text, chars) + f"bits {legend(labels, WHITE_TO_ORANGE)}\n"
    else:
        text = in_digits(surprisal.text, [bits]) + cut(surprisal.text, chars)
        text += "below each character, its bits: . for less than half a bit, 9 for nine or more\n"
    return f"\n{text}"


def values(surprisal: "Surprisal", *, chars: int, lines: int) -> dict[str, Any]:
    """The values for JSON, with those of the first `chars` characters."""
    return {
        "first_guess_right": surprisal.right,
        "expected_bits_per_char": surprisal.expected_bits,
        "lines": table_records(line_table(surprisal.lines(lines), "lines")),
        "symbols": table_records(symbol_table(surprisal.symbols())),
        **text_values(surprisal.text, chars),
        **character_values(surprisal, chars),
    }


def text_values(text: "PredictedText", chars: int) -> dict[str, Any]:
    """The first characters of a text for JSON, and the one before them, which is given."""
    return {
        "given": None if text.given is None else chr(text.given),
        "text": [chr(symbol) for symbol in text.symbols[:chars].tolist()],
    }


def character_values(surprisal: "Surprisal", chars: int) -> dict[str, Any]:
    """The model's expectations at each of the first characters, for JSON."""
    symbols = [*map(chr, surprisal.vocabulary.symbols), UNK]
    return {
        "bits": rounded(surprisal.bits[:chars]),
        "rank": surprisal.ranks[:chars].tolist(),
        "entropy_bits": rounded(surprisal.entropies[:chars] / log(2)),
        "guesses": [[symbols[k] for k in row] for row in surprisal.guesses[:chars].tolist()],
        "probabilities": rounded(surprisal.chances[:chars]),
    }


def rounded(numbers: "Floats") -> list[Any]:
    """To six digits after the point."""
    figures: list[Any] = numbers.astype("float64").round(6).tolist()
    return figures
