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


def view(found: "Surprisal", *, chars: int, lines: int, colours: bool) -> str:
    """The text and the tables for a terminal, harmless."""
    tables = (
        line_table(found.lines(lines), "most surprising lines"),
        symbol_table(found.symbols(), most=SYMBOLS),
    )
    text = f"{found.verdict}\n{_shown(found, chars, colours)}"
    return "\n".join([text, *map(table_text, tables)])


def _shown(found: "Surprisal", chars: int, colours: bool) -> str:
    """The text, and a legend of its colours or digits."""
    bits = found.bits[:chars]
    if not chars:
        return ""
    if colours:
        text = in_colours(found.text, bits / FULL_SURPRISAL, WHITE_TO_ORANGE)
        labels = [f"{k}" for k in range(int(FULL_SURPRISAL))] + [f"{FULL_SURPRISAL:.0f}+"]
        text += cut(found.text, chars) + f"bits {legend(labels, WHITE_TO_ORANGE)}\n"
    else:
        text = in_digits(found.text, [bits]) + cut(found.text, chars)
        text += "below each character, its bits: . for less than half a bit, 9 for nine or more\n"
    return f"\n{text}"


def values(found: "Surprisal", *, chars: int, lines: int) -> dict[str, Any]:
    """The values for JSON, with those of the first `chars` characters."""
    return {
        "first_guess_right": found.right,
        "expected_bits_per_char": found.expected_bits,
        "lines": table_records(line_table(found.lines(lines), "lines")),
        "symbols": table_records(symbol_table(found.symbols())),
        **text_values(found.text, chars),
        **character_values(found, chars),
    }


def text_values(text: "PredictedText", chars: int) -> dict[str, Any]:
    """The first characters of a text for JSON, and the one before them, which is given."""
    return {
        "given": None if text.given is None else chr(text.given),
        "text": [chr(symbol) for symbol in text.symbols[:chars].tolist()],
    }


def character_values(found: "Surprisal", chars: int) -> dict[str, Any]:
    """The model's expectations at each of the first characters, for JSON."""
    symbols = [*map(chr, found.vocabulary.symbols), UNK]
    return {
        "bits": rounded(found.bits[:chars]),
        "rank": found.ranks[:chars].tolist(),
        "entropy_bits": rounded(found.entropies[:chars] / log(2)),
        "guesses": [[symbols[k] for k in row] for row in found.guesses[:chars].tolist()],
        "probabilities": rounded(found.chances[:chars]),
    }


def rounded(numbers: "Floats") -> list[Any]:
    """To six digits after the point."""
    figures: list[Any] = numbers.astype("float64").round(6).tolist()
    return figures
