"""charrnn recall"""

import json

import click

from charrnn.cli.command import Command
from charrnn.cli.options import json_option, plot_option, seed_option
from charrnn.draw.console import tell, write


def _lags(ctx: click.Context, option: click.Parameter, given: str) -> tuple[int, ...]:
    """K,K,... as numbers."""
    try:
        lags = tuple(int(part) for part in given.split(","))
    except ValueError:
        lags = ()
    if not lags or min(lags) < 1:
        raise click.BadParameter("expected numbers of steps, as in 1,4,16", ctx, option)
    return lags


@click.command(cls=Command)
@click.option(
    "--after",
    "lags",
    callback=_lags,
    default="1,2,4,8,16,32,64",
    show_default=True,
    metavar="N,N,...",
    help="Numbers of steps after which the symbol is recalled.",
)
@click.option(
    "--symbols",
    type=click.IntRange(2),
    default=8,
    show_default=True,
    metavar="N",
    help="Number of different symbols to recall.",
)
@click.option(
    "--parameters",
    type=click.IntRange(1),
    default=5000,
    show_default=True,
    metavar="N",
    help="Approximate number of parameters of each network.",
)
@click.option(
    "--forget-bias",
    type=float,
    default=1.0,
    show_default=True,
    metavar="X",
    help="Initial forget gate bias of the LSTM.",
)
@click.option(
    "--steps",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    metavar="N",
    help="Maximum number of training steps of each network.",
)
@seed_option("the weights and the sequences", default=1)
@plot_option("loss and accuracy by lag")
@json_option
def recall(
    lags: tuple[int, ...],
    symbols: int,
    parameters: int,
    forget_bias: float,
    steps: int,
    seed: int,
    plot: str | None,
    as_json: bool,
) -> None:
    """Show how long each cell remembers a symbol.

    A network of each cell, all of about the same size, is trained to recall a symbol after k steps,
    for every k, and evaluated on new sequences. No text is needed.

    \b
    Example:
      charrnn recall
      charrnn recall --after 4,16,64 --forget-bias 5 --plot recall.svg
    """
    from charrnn import api
    from charrnn.draw.figure import check_picture
    from charrnn.listeners.progress import Meter
    from charrnn.studies.gradients.picture_experiments import draw_recall
    from charrnn.studies.gradients.terminal_experiments import recall_values, recall_view

    if plot:
        check_picture(plot)
    with Meter("recall") as meter:
        curve = api.recall_curve(
            lags,
            task=api.Task(symbols=symbols),
            parameters=parameters,
            forget_bias=forget_bias,
            steps=steps,
            seed=seed,
            on_progress=meter,
        )
    write(json.dumps(recall_values(curve)) + "\n" if as_json else recall_view(curve))
    if plot:
        draw_recall(curve, plot)
        tell(f"wrote {plot}")
