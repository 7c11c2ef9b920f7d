"""Units in a terminal: tables, contexts, and a text in the colours of a unit, or with signs.

All text that it returns is harmless.
"""

from typing import TYPE_CHECKING

import numpy as np

from charrnn.config import build
from charrnn.draw.annotated_text import ended, with_marks
from charrnn.draw.annotated_text import legend as colour_scale
from charrnn.draw.colours import BLUE_TO_RED, blend
from charrnn.draw.terminal import table_text, wrapped
from charrnn.draw.terminal_colour import painted
from charrnn.studies.units.tables import distribution_table, found_table
from charrnn.terminal import one_line
from charrnn.text.symbols import visible

if TYPE_CHECKING:
    from charrnn.nn.arrays import Floats
    from charrnn.studies.units.study import UnitSurvey
    from charrnn.studies.units.watched import UnitContext, UnitName, Watched, WatchedUnit

SIGNS = "=- +#"  # from the lowest to the highest, a fifth of the range each
PARTS = 9  # of a legend
BEFORE = 40  # columns before the character of a context


def of_all(
    watched: "Watched",
    survey: "UnitSurvey | None",
    one: "WatchedUnit | None",
    most: int,
    *,
    colours: bool,
) -> str:
    """One unit, the units that were found, or a summary of all units."""
    parts = [_overview(watched)]
    if one is not None:
        parts.append(_unit(watched, one, most, colours=colours))
    if survey is not None and (survey.found or survey.constant):
        parts.append(_found(survey))
    elif survey is not None:
        parts.append(table_text(distribution_table(survey.distributions)))
    if survey is not None and one is None:
        layer, unit, what = survey.surest
        parts.append(f"see one with --unit {layer}:{unit} --what {what}, or all with --html FILE\n")
    return "\n".join(parts)


def _overview(watched: "Watched") -> str:
    """The network and the number of characters that it read."""
    name = build.network_in_words(watched.trained.config)
    read, total = len(watched.ids), watched.total
    cut = f" of {total:,}; --read N reads more" if read < total else ""
    return f"{name}, {read:,} characters{cut}\n"


def _unit(watched: "Watched", one: "WatchedUnit", most: int, *, colours: bool) -> str:
    """The text in the colours of a unit, and the places where it is extreme."""
    ends = one.ends
    cut = f"... the first {most:,}; --chars N shows more\n" if most < len(watched.ids) else ""
    return (
        coloured(watched, one.values[:most], ends, colours=colours)
        + cut
        + legend(one.name, ends, colours=colours)
        + "\n"
        + contexts_of(one.highest(), "where it is highest", ends, colours=colours)
        + "\n"
        + contexts_of(one.lowest(), "where it is lowest", ends, colours=colours)
    )


def _found(survey: "UnitSurvey") -> str:
    """The units that fit the signals, and the signals that the text does not have."""
    constant = f"not in both halves of this text: {', '.join(survey.constant)}"
    return table_text(found_table(survey.found)) + (wrapped(constant) if survey.constant else "")


def coloured(
    watched: "Watched", values: "Floats", limits: tuple[float, float], *, colours: bool
) -> str:
    """The first n characters in the colours of their `values` (n,), or with signs below."""
    level = watched.trained.vocabulary.level
    pieces = [visible(ord(c), level) for c in watched.text[: len(values)]]
    shares = _shares(values, limits)
    if not colours:
        signs = [SIGNS[min(int(share * len(SIGNS)), len(SIGNS) - 1)] for share in shares]
        return with_marks(pieces, [signs], fill=True)
    return ended(painted(pieces, [blend(BLUE_TO_RED, share) for share in shares]))


def legend(name: "UnitName", limits: tuple[float, float], *, colours: bool) -> str:
    """The legend of the colours, or of the signs."""
    low, high = limits
    if not colours:
        edges = [low + (high - low) * k / len(SIGNS) for k in range(1, len(SIGNS))]
        words = [f"= below {edges[0]:.2f}", f"- below {edges[1]:.2f}"]
        words += [f"+ above {edges[2]:.2f}", f"# above {edges[3]:.2f}"]
        return f"unit {name}; below each character a sign: {', '.join(words)}\n"
    labels = [f"{low + k / (PARTS - 1) * (high - low):+.2f}" for k in range(PARTS)]
    return f"unit {name} {colour_scale(labels, BLUE_TO_RED)}\n"


def contexts_of(
    contexts: "list[UnitContext]", title: str, limits: tuple[float, float], *, colours: bool
) -> str:
    """Places where a unit is extreme, one line each, with the character in its colour."""
    lines = [title]
    for one in contexts:
        at = one_line(one.symbol)
        (share,) = _shares(np.array([one.value]), limits)
        mark = painted([at], [blend(BLUE_TO_RED, share)]) if colours else f"[{at}]"
        before = one_line(one.before)[-len(one.before) :].rjust(BEFORE)
        lines.append(f"{one.value:+8.3f}  {before}{mark}{one_line(one.after)}")
    return "\n".join(lines) + "\n"


def _shares(values: "Floats", limits: tuple[float, float]) -> list[float]:
    low, high = limits
    shares: list[float] = np.clip((values - low) / (high - low), 0, 1).tolist()
    return shares
