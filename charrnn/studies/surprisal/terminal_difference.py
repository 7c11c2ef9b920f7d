"""What `charrnn score --against` prints: where one of two models predicts a text better."""

from math import log
from typing import TYPE_CHECKING, Any

from charrnn.draw.annotated_text import cut, in_colours, in_digits, legend
from charrnn.draw.colours import BLUE_TO_RED, FULL_DIFFERENCE
from charrnn.draw.console import table
from charrnn.studies.surprisal.terminal import (
    SYMBOLS,
    character_values,
    line_table,
    line_values,
    rounded,
    text_values,
)

if TYPE_CHECKING:
    from charrnn.studies.surprisal.difference import Difference, SymbolDifference


def view(found: "Difference", *, chars: int, lines: int, colours: bool) -> str:
    """All of it for a terminal, harmless."""
    parts = [
        _shown(found, chars, colours),
        line_table(found.better(-1, lines), "lines that A predicts better, by", -1),
        line_table(found.better(1, lines), "lines that B predicts better, by"),
        _symbol_table(found.symbols()),
    ]
    return "\n".join(parts)


def _shown(found: "Difference", chars: int, colours: bool) -> str:
    """The text, and what its colours or digits are."""
    if not chars:
        return ""
    if colours:
        shares = found.bits[:chars] / (2 * FULL_DIFFERENCE) + 0.5
        text = in_colours(found.text, shares, BLUE_TO_RED) + cut(found.text, chars)
        full = int(FULL_DIFFERENCE)
        labels = [f"{abs(k)}{'+' if abs(k) == full else ''}" for k in range(-full, full + 1)]
        text += f"bits: A better {legend(labels, BLUE_TO_RED)} B better\n"
    else:
        text = in_digits(found.text, [found.a.bits[:chars], found.b.bits[:chars]])
        text += cut(found.text, chars)
        text += "below each character its bits under A, then under B; . is less than half a bit\n"
    return f"\n{text}"


def verdict(found: "Difference") -> str:
    """The loss of either model, which is better, by how much, and how sure that is."""
    rows: list[tuple[str, ...]] = [
        (name, f"{mean:.4f} nats/char", f"{mean / log(2):.4f} bits/char", str(one.trained.path))
        for name, mean, one in zip("AB", found.means(), (found.a, found.b), strict=True)
    ]
    return f"{table(rows)}{found.verdict}\n"


def _symbol_table(symbols: "list[SymbolDifference]") -> str:
    head = ("symbol", "count", "bits A", "bits B", "for A, bits/char")
    ranked = sorted(symbols, key=lambda one: -abs(one.share))
    shown = sorted(ranked[:SYMBOLS], key=lambda one: one.share)
    rows = [
        (one.name, f"{one.count:,}", f"{one.a:.3f}", f"{one.b:.3f}", f"{-one.share:+.5f}")
        for one in shown
    ]
    others = ranked[SYMBOLS:]
    if others:
        count = sum(one.count for one in others)
        a, b = (sum(getattr(o, k) * o.count for o in others) / count for k in ("a", "b"))
        share = sum(one.share for one in others)
        name = f"{len(others)} others"
        rows.append((name, f"{count:,}", f"{a:.3f}", f"{b:.3f}", f"{-share:+.5f}"))
    return f"what every symbol adds to the difference\n{table([head, *rows])}"


def values(found: "Difference", *, chars: int, lines: int) -> dict[str, Any]:
    """All of it for JSON; of single characters those that are shown. Below 0 is for A."""
    a, b = found.means()
    return {
        "models": {"a": str(found.a.trained.path), "b": str(found.b.trained.path)},
        "characters": found.characters,
        "left_out": len(found.counted) - found.characters,
        "nats_per_char": {"a": a, "b": b},
        "difference": {
            "nats_per_char": found.nats_per_char,
            "bits_per_char": found.bits_per_char,
            "interval_bits": found.interval and [bound / log(2) for bound in found.interval],
        },
        "lines": {
            "a_better": [line_values(one) for one in found.better(-1, lines)],
            "b_better": [line_values(one) for one in found.better(1, lines)],
        },
        "symbols": [
            {
                "symbol": chr(one.symbol),
                "codepoint": one.symbol,
                "count": one.count,
                "bits_a": one.a,
                "bits_b": one.b,
                "bits_per_char": one.share,
            }
            for one in found.symbols()
        ],
        **text_values(found.text, chars),
        "bits": rounded(found.bits[:chars]),
        "a": character_values(found.a, chars),
        "b": character_values(found.b, chars),
    }
