"""What `charrnn score --surprisal` prints: a text in colours and two tables, or values for JSON."""

from math import log
from typing import TYPE_CHECKING, Any

from charrnn.draw.annotated_text import cut, in_colours, in_digits, legend, quoted
from charrnn.draw.colours import FULL_SURPRISAL, WHITE_TO_ORANGE
from charrnn.draw.console import table
from charrnn.text.vocab import UNK

if TYPE_CHECKING:
    from charrnn.nn.arrays import Floats
    from charrnn.studies.surprisal.study import Line, Surprisal, SymbolLoss
    from charrnn.text.lines import Lined

SYMBOLS = 20  # of a table


def view(found: "Surprisal", *, chars: int, lines: int, colours: bool) -> str:
    """All of it for a terminal, harmless."""
    ranking = line_table(found.lines(lines), "most surprising lines")
    return (
        f"{found.verdict}\n{_shown(found, chars, colours)}\n{ranking}\n"
        f"{_symbol_table(found.symbols())}"
    )


def _shown(found: "Surprisal", chars: int, colours: bool) -> str:
    """The text, and what its colours or digits are."""
    bits = found.bits[:chars]
    if not chars:
        return ""
    if colours:
        text = in_colours(found.text, bits / FULL_SURPRISAL, WHITE_TO_ORANGE)
        labels = [f"{k}" for k in range(int(FULL_SURPRISAL))] + [f"{FULL_SURPRISAL:.0f}+"]
        text += cut(found.text, chars) + f"bits {legend(labels, WHITE_TO_ORANGE)}\n"
    else:
        text = in_digits(found.text, [bits]) + cut(found.text, chars)
        text += "below each character its bits; . is less than half a bit, 9 is nine or more\n"
    return f"\n{text}"


def line_table(lines: "list[Line]", title: str, sign: int = 1) -> str:
    """Lines with their means, which are told times `sign`."""
    if not lines:
        return f"{title}: there are none\n"
    head = ("line", "nats/char", "bits/char", "")
    rows = [
        (
            f"{one.number:,}",
            f"{sign * one.nats_per_char:.3f}",
            f"{sign * one.bits_per_char:.3f}",
            quoted(one.text),
        )
        for one in lines
    ]
    return f"{title}\n{table([head, *rows])}"


def _symbol_table(symbols: "list[SymbolLoss]") -> str:
    head = ("symbol", "count", "bits", "share of the loss")
    rows = [
        (one.name, f"{one.count:,}", f"{one.bits:.3f}", f"{one.share:.2%}")
        for one in symbols[:SYMBOLS]
    ]
    others = symbols[SYMBOLS:]
    if others:
        n, count, share = (
            len(others),
            *(sum(getattr(o, k) for o in others) for k in ("count", "share")),
        )
        bits = sum(one.bits * one.count for one in others) / count
        rows.append((f"{n} others", f"{count:,}", f"{bits:.3f}", f"{share:.2%}"))
    return table([head, *rows])


def values(found: "Surprisal", *, chars: int, lines: int) -> dict[str, Any]:
    """All of it for JSON; of single characters those that are shown."""
    return {
        "first_guess_right": found.right,
        "expected_bits_per_char": found.expected_bits,
        "lines": [line_values(one) for one in found.lines(lines)],
        "symbols": [
            {
                "symbol": chr(one.symbol),
                "codepoint": one.symbol,
                "count": one.count,
                "bits": one.bits,
                "share": one.share,
            }
            for one in found.symbols()
        ],
        **text_values(found.text, chars),
        **character_values(found, chars),
    }


def line_values(one: "Line") -> dict[str, Any]:
    """A line for JSON."""
    return {
        "line": one.number,
        "characters": one.characters,
        "nats_per_char": one.nats_per_char,
        "text": one.text,
    }


def text_values(text: "Lined", chars: int) -> dict[str, Any]:
    """The first characters of a text for JSON, and the one before them, which is given."""
    return {
        "given": None if text.given is None else chr(text.given),
        "text": [chr(symbol) for symbol in text.symbols[:chars].tolist()],
    }


def character_values(found: "Surprisal", chars: int) -> dict[str, Any]:
    """What a model expected at each of the first characters, for JSON."""
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
