"""charrnn units"""

import json
from math import isnan
from typing import TYPE_CHECKING, Any

import click

from charrnn.cli.command import Command
from charrnn.cli.options import color_option, json_option
from charrnn.draw.console import tell, write

if TYPE_CHECKING:
    from charrnn.api import FoundUnit, UnitSurvey, Watched, WatchedUnit
    from charrnn.studies.units.saturation import Distribution

IN_TERMINAL, IN_PAGE = 2000, 10_000  # characters that are shown by default


@click.command(cls=Command)
@click.argument("checkpoint")
@click.argument("text", nargs=-1, required=True)
@click.option(
    "--unit", metavar="[LAYER:]UNIT", help="Show the text in colours that follow this unit."
)
@click.option(
    "--what",
    default="h",
    show_default=True,
    metavar="NAME",
    help="Value of the unit to show: h, c or a gate.",
)
@click.option(
    "--layer",
    type=click.IntRange(0),
    metavar="N",
    help="Layer to look at, counted from 0; all layers if left out.",
)
@click.option(
    "--find",
    is_flag=True,
    help="Search for units that correlate with quotes, lines, brackets and other features.",
)
@click.option("--gates", is_flag=True, help="Include the gates in the search.")
@click.option(
    "--read",
    type=click.IntRange(1),
    default=200_000,
    show_default=True,
    metavar="N",
    help="Read at most N characters.",
)
@click.option(
    "--chars",
    type=click.IntRange(1),
    metavar="N",
    show_default="2000; 10000 with --html",
    help="Show the first N characters of the text.",
)
@click.option("--html", metavar="FILE", help="Also write an HTML page to explore the units.")
@color_option
@json_option
@click.pass_context
def units(
    ctx: click.Context,
    checkpoint: str,
    text: tuple[str, ...],
    unit: str | None,
    what: str,
    layer: int | None,
    find: bool,
    gates: bool,
    read: int,
    chars: int | None,
    html: str | None,
    color: str,
    as_json: bool,
) -> None:
    """Show what the units of a network do while it reads a text.

    CHECKPOINT is a file or a run directory; TEXT is one or more files, read as one text. Layers and
    units count from 0. The output is a summary of all units; with --find also the units that
    correlate best with known features of a text; with --unit the text, coloured from blue (low) to
    red (high), or with digits below it where there are no colours.

    \b
    Example:
      charrnn units runs/quickstart data/fables.txt --find
      charrnn units runs/quickstart data/fables.txt --unit 0:37 --what c
      charrnn units runs/quickstart data/fables.txt --find --html units.html
    """
    from charrnn import api
    from charrnn.draw.page import check_page
    from charrnn.draw.terminal_colour import wanted
    from charrnn.listeners.progress import Meter
    from charrnn.studies.units import terminal as view

    if what != "h" and unit is None:
        raise click.UsageError("--what requires --unit", ctx)
    if gates and not find:
        raise click.UsageError("--gates requires --find", ctx)
    if html is not None:
        check_page(html)
    watched = api.watch(api.load(checkpoint), text, read)
    layers = None if layer is None else [layer]
    chosen = None if unit is None else api.unit_named(watched, unit, layer, what)
    watched_unit = survey = None
    if chosen is not None:
        with Meter("the unit") as meter:
            watched_unit = api.watch_unit(watched, chosen, on_progress=meter)
    if find or html is not None or chosen is None:
        with Meter("all units") as meter:
            survey = api.survey_units(
                watched, layers=layers, find=find, gates=gates, on_progress=meter
            )
    most = chars or IN_TERMINAL
    if as_json:
        values = _values(watched, survey, watched_unit, most)
        write(json.dumps(values) + "\n")
    else:
        colours = wanted(color)
        write(view.of_all(watched, survey, watched_unit, most, colours=colours), drawn=colours)
    if html is not None and survey is not None:
        from charrnn.draw.page import save_page
        from charrnn.studies.units.page import units_page

        save_page(html, units_page(watched, survey, chars=chars or IN_PAGE, first=chosen))
        tell(f"wrote {html}")


def _values(
    watched: "Watched", survey: "UnitSurvey | None", watched_unit: "WatchedUnit | None", most: int
) -> dict[str, Any]:
    values: dict[str, Any] = {"characters": len(watched.ids), "characters_in_all": watched.total}
    if survey is not None:
        values["values"] = [_distribution(each) for each in survey.distributions]
        values["found"] = [
            {"signal": each.signal, **each.unit._asdict(), **_figures(each)}
            for each in survey.found
        ]
        values["constant"] = list(survey.constant)
    if watched_unit is not None:
        values["unit"] = {
            **watched_unit.name._asdict(),
            "text": list(watched.text[:most]),
            "values": [round(value, 6) for value in watched_unit.values[:most].tolist()],
            "highest": [each._asdict() for each in watched_unit.highest()],
            "lowest": [each._asdict() for each in watched_unit.lowest()],
        }
    return values


def _figures(unit: "FoundUnit") -> dict[str, float]:
    return {"correlation": unit.correlation, "held_out": unit.held_out, "p": unit.p}


def _distribution(distribution: "Distribution") -> dict[str, Any]:
    """The distribution of a value; saturation is null where it has no bounds."""
    names = ("left", "right", "means", "deviations", "histogram", "edges")
    lists = {name: getattr(distribution, name).astype(float).round(6).tolist() for name in names}
    for name in ("left", "right"):
        if any(isnan(share) for share in lists[name]):
            lists[name] = None
    return {**distribution.value._asdict(), **lists}
