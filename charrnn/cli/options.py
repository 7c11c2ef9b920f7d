"""Options that several commands share, each declared once and used as a decorator."""

from collections.abc import Callable
from typing import Any

import click

from charrnn.draw.terminal_colour import CHOICES

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

set_option: Decorator = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override one key of the config; the value is YAML. Repeatable.",
)
json_option: Decorator = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as one JSON object."
)
memory_option: Decorator = click.option(
    "--force", is_flag=True, help="Start even if memory seems too small."
)
color_option: Decorator = click.option(
    "--color",
    type=click.Choice(CHOICES),
    default="auto",
    show_default=True,
    help="Use colours in the terminal; auto respects NO_COLOR.",
)
lines_option: Decorator = click.option(
    "--lines",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    metavar="N",
    help="Number of lines to rank.",
)


def quiet_option(printed: str) -> Decorator:
    """The option --quiet of a command; `printed` says what it still prints."""
    return click.option("-q", "--quiet", is_flag=True, help=f"Print {printed}.")


def plot_option(drawn: str) -> Decorator:
    """The option --plot; `drawn` names the content of the picture."""
    return click.option("--plot", metavar="FILE", help=f"Draw {drawn} as a PNG, SVG or PDF file.")


def seed_option(seeded: str, default: int) -> Decorator:
    """The option --seed; `seeded` names what depends on the seed."""
    return click.option(
        "--seed",
        type=click.IntRange(0),
        default=default,
        show_default=True,
        metavar="S",
        help=f"Random seed of {seeded}.",
    )
