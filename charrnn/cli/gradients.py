"""charrnn gradients"""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from charrnn.cli.command import Command
from charrnn.cli.options import json_option, memory_option, plot_option, set_option
from charrnn.draw.console import tell, write

CONFIG_ENDINGS = (".yaml", ".yml")
MOVED = ("textbook", "recall")  # were options of this command before they were commands


class _Gradients(Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for name in MOVED:
            if f"--{name}" in args:
                raise click.UsageError(f"--{name} is now a command: charrnn {name}", ctx)
        return super().parse_args(ctx, args)


@click.command(cls=_Gradients)
@click.argument("source", metavar="CONFIG|CHECKPOINT")
@click.argument("text", nargs=-1)
@set_option
@click.option(
    "--lags",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    metavar="N",
    help="Number of steps to follow the error back.",
)
@click.option(
    "--positions",
    type=click.IntRange(1),
    default=64,
    show_default=True,
    metavar="N",
    help="Number of positions in the text to start from.",
)
@click.option(
    "--chunks",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    metavar="N",
    help="Number of chunks whose gradients are clipped.",
)
@memory_option
@plot_option("the gradient norms by lag")
@json_option
def gradients(
    source: str,
    text: tuple[str, ...],
    overrides: tuple[str, ...],
    lags: int,
    positions: int,
    chunks: int,
    force: bool,
    plot: str | None,
    as_json: bool,
) -> None:
    """Show how far gradients travel through time.

    For a CHECKPOINT, or a CONFIG with fresh weights: how much of the error of one prediction
    reaches earlier steps, by layer and state; the singular values of the recurrent matrices; and
    what clipping does. TEXT is one or more files, by default those that the config trains on.

    \b
    Example:
      charrnn gradients runs/quickstart data/fables.txt --plot flow.png
      charrnn gradients configs/quickstart.yaml --set model.cell=rnn
    """
    from charrnn import api
    from charrnn.draw.figure import check_picture
    from charrnn.listeners.progress import Meter
    from charrnn.studies.gradients.picture import draw_flow
    from charrnn.studies.gradients.terminal import values, view

    _check_texts(text)
    if plot:
        check_picture(plot)
    trained = api.trained_or_not(source, overrides, text, force=force)
    names = list(text or trained.config.data.path)
    with Meter("gradients") as meter:
        flow = api.gradient_flow(
            trained,
            text,
            lags=lags,
            positions=positions,
            chunks=chunks,
            force=force,
            on_progress=meter,
        )
    if as_json:
        write(json.dumps({**values(flow), "text": names}) + "\n")
    else:
        write(f"text: {', '.join(names)}\n{view(flow)}")
    if plot:
        draw_flow(flow, plot)
        tell(f"wrote {plot}")


def _check_texts(paths: Sequence[str]) -> None:
    """Raise UsageError for a second config: its YAML would be read as a text."""
    for path in paths:
        if Path(path).suffix.lower() in CONFIG_ENDINGS:
            raise click.UsageError(
                f"{path}: a config, where a TEXT was expected; give one CONFIG or CHECKPOINT",
                click.get_current_context(),
            )
