"""charrnn textbook"""

import json

import click

from charrnn.cli.command import Command
from charrnn.cli.options import json_option, plot_option, seed_option
from charrnn.draw.console import tell, write


@click.command(cls=Command)
@click.option(
    "--hidden",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    metavar="N",
    help="Size of the random recurrent matrix Wh.",
)
@click.option(
    "--scale",
    "scales",
    type=float,
    multiple=True,
    default=(0.9, 1.0, 1.1),
    show_default=True,
    metavar="X",
    help="Largest singular value of Wh. Repeatable.",
)
@click.option(
    "--matrix",
    type=click.Choice(["orthogonal", "normal"]),
    default="orthogonal",
    show_default=True,
    help="Kind of matrix: orthogonal has equal singular values, normal has Gaussian entries.",
)
@click.option(
    "--steps",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    metavar="N",
    help="Number of multiplications.",
)
@seed_option("the matrix and the input", default=1)
@plot_option("the gradient norms by step")
@json_option
def textbook(
    hidden: int,
    scales: tuple[float, ...],
    matrix: str,
    steps: int,
    seed: int,
    plot: str | None,
    as_json: bool,
) -> None:
    """Show why gradients vanish or explode, without a text.

    The experiment of the textbooks: multiply a gradient by a random Wh again and again, by Wh alone
    and with the slopes of a tanh RNN that reads random input.

    \b
    Example:
      charrnn textbook
      charrnn textbook --scale 0.9 --scale 1.1 --plot textbook.svg
    """
    from charrnn import api
    from charrnn.draw.figure import check_picture
    from charrnn.studies.gradients.picture_experiments import draw_textbook
    from charrnn.studies.gradients.terminal_experiments import textbook_values, textbook_view

    if plot:
        check_picture(plot)
    experiments = api.textbook(scales, hidden_size=hidden, steps=steps, matrix=matrix, seed=seed)
    if as_json:
        write(json.dumps(textbook_values(experiments, matrix)) + "\n")
    else:
        write(textbook_view(experiments, matrix))
    if plot:
        draw_textbook(experiments, plot)
        tell(f"wrote {plot}")
