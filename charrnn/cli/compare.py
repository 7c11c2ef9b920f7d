"""charrnn compare"""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from charrnn.cli.command import Command
from charrnn.cli.options import (
    json_option,
    memory_option,
    plot_option,
    quiet_option,
    set_option,
)
from charrnn.draw.console import tell, write

if TYPE_CHECKING:
    from charrnn.api import Outcome, Summary


@click.command(cls=Command)
@click.argument("configs", nargs=-1, required=True, metavar="CONFIG...")
@click.option(
    "--vary",
    multiple=True,
    metavar="KEY=V1,V2,...",
    help="Train a variant for each of these values. Repeatable.",
)
@set_option
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of seeds to train each variant with.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    show_default="number of cores",
    help="Number of variants to train in parallel.",
)
@click.option(
    "--out",
    "folder",
    default="runs/compare",
    show_default=True,
    metavar="DIR",
    help="Directory for the runs.",
)
@memory_option
@plot_option("the losses")
@json_option
@quiet_option("only the results and errors")
@click.pass_context
def compare(
    ctx: click.Context,
    configs: tuple[str, ...],
    vary: tuple[str, ...],
    overrides: tuple[str, ...],
    seeds: int,
    jobs: int | None,
    folder: str,
    force: bool,
    plot: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train variants under one budget and print the results.

    The variants are the CONFIGs, times every combination of the values of --vary. They train in
    parallel, one process per core. When the command is repeated, finished variants are kept,
    interrupted ones and those with a larger budget continue, and those with other settings are
    trained again. Exit code 1 means that every variant failed.

    \b
    Example:
      charrnn compare my.yaml --vary model.cell=rnn,lstm,gru --seeds 3
      charrnn compare a.yaml b.yaml --set train.max_minutes=3 --plot losses.svg
    """
    from charrnn import api
    from charrnn.cli.posix_signals import Signals
    from charrnn.draw.terminal import table_text
    from charrnn.parallel.layout import usable_cores
    from charrnn.studies.compare.tables import summary_table

    if plot:
        from charrnn.draw.figure import check_picture

        check_picture(plot)
    chosen = api.variants(configs, vary, overrides, seeds, folder)
    outcomes = []
    with Signals(lambda line: None if quiet else tell(line)) as signals:
        side_by_side = min(jobs or usable_cores(), len(chosen))
        for outcome in api.compare(chosen, side_by_side, signals.stop, force=force):
            outcomes.append(outcome)
            if not quiet:
                tell(f"{len(outcomes)} of {len(chosen)}: {outcome.label}: {_in_words(outcome)}")
        summaries = api.summaries(outcomes)
        if as_json:
            write(json.dumps(_values(summaries)) + "\n")
        else:
            write(table_text(summary_table(summaries)))
        if plot and any(summary.good for summary in summaries):
            _draw(summaries, plot)
            tell(f"wrote {plot}")
    if signals.stop():
        ctx.exit(signals.exit_code)
    ctx.exit(0 if any(summary.good for summary in summaries) else 1)


def _draw(summaries: "list[Summary]", path: str) -> None:
    """Draw the validation losses, or else the training losses; one colour per variant."""
    from charrnn import api
    from charrnn.studies.curves.panels import Part, Shown, make_sheet
    from charrnn.studies.curves.picture import draw_curves

    shown = [
        Shown(summary.label, k, api.curves(outcome.run))
        for k, summary in enumerate(summaries)
        for outcome in summary.good
    ]
    part: Part = "validation" if any(each.curves.val.size for each in shown) else "train"
    draw_curves(make_sheet(shown, by="characters", parts=[part]), path)


def _in_words(outcome: "Outcome") -> str:
    if outcome.error is not None:
        return f"failed: {outcome.error}"
    loss = "done" if outcome.val_loss is None else f"validation {outcome.val_loss:.4f} nats/char"
    return f"{loss}, in {outcome.run}"


def _values(summaries: "list[Summary]") -> dict[str, object]:
    names = ("val_loss", "test_loss")
    return {
        "variants": [
            {
                "label": summary.label,
                **{name: summary.mean(name) for name in names},
                **{f"{name}_spread": summary.spread(name) for name in names},
                "runs": [asdict(outcome) for outcome in summary.outcomes],
            }
            for summary in summaries
        ]
    }
