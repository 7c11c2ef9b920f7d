"""charrnn gradients"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from charrnn.cli.command import Command
from charrnn.draw.console import tell, write

NETWORK = "a CONFIG or CHECKPOINT"
STEPS = {"--textbook": 100, "--recall": 1000}

# Which options go with which way of calling it; the others go with all.
ONLY = {
    NETWORK: ("overrides", "lags", "positions", "chunks", "force"),
    "--textbook": ("hidden", "scale", "matrix", "steps", "seed"),
    "--recall": ("after", "symbols", "parameters", "forget_bias", "steps", "seed"),
}


def _steps_ago(ctx: click.Context, option: click.Parameter, given: str) -> tuple[int, ...]:
    """K,K,... as numbers."""
    try:
        lags = tuple(int(part) for part in given.split(","))
    except ValueError:
        lags = ()
    if not lags or min(lags) < 1:
        raise click.BadParameter("expected numbers of steps, as in 1,4,16", ctx, option)
    return lags


@click.command(cls=Command)
@click.argument("source", required=False, metavar="CONFIG|CHECKPOINT")
@click.argument("text", nargs=-1)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one key.")
@click.option("--lags", type=click.IntRange(1), default=200, metavar="N", help="Steps back; 200.")
@click.option(
    "--positions",
    type=click.IntRange(1),
    default=64,
    metavar="N",
    help="Places in the text to go back from; 64.",
)
@click.option(
    "--chunks", type=click.IntRange(1), default=50, metavar="N", help="Gradients to clip; 50."
)
@click.option("--force", is_flag=True, help="Also if it needs more memory than there seems to be.")
@click.option("--textbook", is_flag=True, help="Multiply by a random Wh instead, again and again.")
@click.option("--hidden", type=click.IntRange(1), default=100, metavar="N", help="Its size; 100.")
@click.option(
    "--scale",
    type=float,
    multiple=True,
    metavar="X",
    help="Its largest singular value, once or more often; 0.9, 1 and 1.1.",
)
@click.option(
    "--matrix",
    type=click.Choice(["orthogonal", "normal"]),
    default="orthogonal",
    help="Whether all its singular values are as large.",
)
@click.option("--recall", is_flag=True, help="Train rnn, lstm and gru to recall a symbol instead.")
@click.option(
    "--after",
    callback=_steps_ago,
    default="1,2,4,8,16,32,64",
    metavar="N,N,...",
    help="After so many steps; 1,2,4,8,16,32,64.",
)
@click.option(
    "--symbols", type=click.IntRange(2), default=8, metavar="N", help="Which of so many; 8."
)
@click.option(
    "--parameters",
    type=click.IntRange(1),
    default=5000,
    metavar="N",
    help="About so many in every network; 5000.",
)
@click.option(
    "--forget-bias", type=float, default=1.0, metavar="X", help="Of the LSTM, at the start; 1."
)
@click.option(
    "--steps",
    type=click.IntRange(1),
    metavar="N",
    help="Of --textbook: multiplications, 100. Of --recall: of training at most, 1000.",
)
@click.option("--seed", type=click.IntRange(0), default=1, metavar="N", help="Of both; 1.")
@click.option("--plot", metavar="FILE", help="Draw it as PNG, SVG or PDF.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def gradients(
    ctx: click.Context, /, source: str | None, plot: str | None, as_json: bool, **options: Any
) -> None:
    """Show how far gradients travel through time.

    Of a CHECKPOINT, or of a CONFIG with fresh weights: how much of the error of one prediction
    arrives so many steps earlier, by layer and state; the singular values of the recurrent
    matrices; and what clipping does. TEXT is one file or several, by default what the config
    trains on. --textbook and --recall are experiments without a text.

    \b
    Example:
      charrnn gradients runs/quickstart data/fables.txt --plot flow.png
      charrnn gradients configs/quickstart.yaml --set model.cell=rnn
      charrnn gradients --textbook --scale 0.9 --scale 1.1
      charrnn gradients --recall --after 4,16,64 --plot recall.svg
    """
    from charrnn.draw.figure import check_picture

    mode = _mode(ctx, source, options)
    if plot:
        check_picture(plot)
    options["steps"] = options["steps"] or STEPS.get(mode)
    if source is not None:
        found = _flow(source, options)
    else:
        found = _textbook(options) if mode == "--textbook" else _recall(options)
    write(json.dumps(found.values) + "\n" if as_json else found.page)
    if plot:
        found.draw(plot)
        tell(f"wrote {plot}")


class Found(NamedTuple):
    """What is shown of what was found."""

    values: dict[str, Any]
    page: str
    draw: Callable[[str], None]


def _mode(ctx: click.Context, source: str | None, options: dict[str, Any]) -> str:
    """The way in which it is called. Raises UsageError for options of another one."""
    chosen = {NETWORK: source, **{mode: options[mode.strip("-")] for mode in STEPS}}
    modes = [mode for mode, is_chosen in chosen.items() if is_chosen]
    if len(modes) != 1:
        raise click.UsageError(f"Expected {NETWORK}, or --textbook, or --recall", ctx)
    for option in ctx.command.params:
        homes = [mode for mode, names in ONLY.items() if option.name in names]
        given = ctx.get_parameter_source(str(option.name)) is not ParameterSource.DEFAULT
        if given and homes and modes[0] not in homes:
            raise click.UsageError(f"{option.opts[0]} goes with {' or '.join(homes)}", ctx)
    return modes[0]


def _flow(source: str, options: dict[str, Any]) -> Found:
    from charrnn import api
    from charrnn.listeners.progress import Meter
    from charrnn.studies.gradients.picture import draw_flow
    from charrnn.studies.gradients.terminal import values, view

    text, force = options["text"], options["force"]
    trained = api.trained_or_not(source, options["overrides"], text, force=force)
    sizes = {name: options[name] for name in ("lags", "positions", "chunks")}
    with Meter("gradients") as meter:
        flow = api.gradient_flow(trained, text, **sizes, force=force, on_progress=meter)
    return Found(values(flow), view(flow), partial(draw_flow, flow))


def _textbook(options: dict[str, Any]) -> Found:
    from charrnn import api
    from charrnn.studies.gradients.picture_experiments import draw_textbook
    from charrnn.studies.gradients.terminal_experiments import textbook_values, textbook_view

    matrix = options["matrix"]
    scales = {"scales": options["scale"]} if options["scale"] else {}
    found = api.textbook(
        **scales,
        hidden_size=options["hidden"],
        steps=options["steps"],
        matrix=matrix,
        seed=options["seed"],
    )
    page, values = textbook_view(found, matrix), textbook_values(found, matrix)
    return Found(values, page, partial(draw_textbook, found))


def _recall(options: dict[str, Any]) -> Found:
    from charrnn import api
    from charrnn.listeners.progress import Meter
    from charrnn.studies.gradients.picture_experiments import draw_recall
    from charrnn.studies.gradients.terminal_experiments import recall_values, recall_view

    with Meter("recall") as meter:
        curve = api.recall_curve(
            options["after"],
            task=api.Task(symbols=options["symbols"]),
            parameters=options["parameters"],
            forget_bias=options["forget_bias"],
            steps=options["steps"],
            seed=options["seed"],
            on_progress=meter,
        )
    return Found(recall_values(curve), recall_view(curve), partial(draw_recall, curve))
