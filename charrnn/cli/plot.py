"""charrnn plot"""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from charrnn.cli.command import Command
from charrnn.cli.options import json_option
from charrnn.draw.console import in_colour, tell, terminal_size, write
from charrnn.draw.json_values import all_finite

if TYPE_CHECKING:
    from charrnn.api import Curves
    from charrnn.studies.curves.study import TrainingAxis

AXES = ("steps", "characters", "minutes")
PANELS = ("loss", "rate", "gradient", "clipped")


@click.command(cls=Command)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--by",
    type=click.Choice(AXES),
    default="steps",
    show_default=True,
    help="Quantity on the x axis.",
)
@click.option(
    "--smooth",
    type=click.FloatRange(0, 1, max_open=True),
    metavar="X",
    show_default="0.98, less for short runs",
    help="Smoothing factor of the training loss.",
)
@click.option("--bits", is_flag=True, help="Show losses in bits per character instead of nats.")
@click.option("--top", type=float, metavar="X", help="Upper end of the loss axis.")
@click.option(
    "--panels",
    metavar="NAMES",
    show_default="loss; all for one run with --out",
    help=f"Comma-separated panels to draw: {', '.join(PANELS)}.",
)
@click.option("--out", metavar="FILE", help="Draw a PNG, SVG or PDF file instead.")
@json_option
def plot(
    runs: tuple[str, ...],
    by: Any,
    smooth: float | None,
    bits: bool,
    top: float | None,
    panels: str | None,
    out: str | None,
    as_json: bool,
) -> None:
    """Plot the curves of runs: losses, learning rate, gradients.

    RUN is a run directory, even while it is still training, or the folder of a comparison, which
    means all its runs. The training loss is a running mean over chunks.

    \b
    Example:
      charrnn plot runs/quickstart
      charrnn plot runs/quickstart --out quickstart.png
      charrnn plot runs/compare --by minutes --out runs.svg
    """
    from charrnn import api
    from charrnn.draw.figure import check_picture

    kinds = _kinds(panels)
    if out is not None:
        check_picture(out)
    paths = api.find_runs(runs)
    curves = [api.curves(run, smooth=smooth) for run in paths]
    names = api.labels_of(paths)
    if as_json:
        write(
            json.dumps({"runs": [_values(*pair) for pair in zip(names, curves, strict=True)]})
            + "\n"
        )
        if out is None:
            return

    from charrnn.studies.curves.panels import Shown, make_sheet, told_kinds

    shown = [Shown(name, k, each) for k, (name, each) in enumerate(zip(names, curves, strict=True))]
    if not kinds:
        kinds = told_kinds(shown) if out is not None and len(shown) == 1 else ["loss"]
    sheet = make_sheet(shown, kinds, by=by, bits=bits, top=top)
    if out is not None:
        from charrnn.studies.curves.picture import draw_curves

        draw_curves(sheet, out)
        tell(f"wrote {out}")
        return

    from charrnn.draw.terminal import table_text
    from charrnn.studies.curves.terminal import curves_in_blocks, key_table

    width, height = terminal_size()
    rows = max(12, min(24, height - len(shown) - 4))
    coloured = in_colour()
    write(curves_in_blocks(sheet, width, rows, coloured=coloured), drawn=coloured)
    write(table_text(key_table(shown, bits=bits)))


def _kinds(panels: str | None) -> list[Any]:
    """The panels asked for, each once."""
    names = [name.strip() for name in (panels or "").split(",") if name.strip()]
    for name in names:
        if name not in PANELS:
            raise click.BadParameter(
                f"no panel is called '{name}'; choose from {', '.join(PANELS)}",
                param_hint="'--panels'",
            )
    return [*dict.fromkeys(names)]


def _values(name: str, curves: "Curves") -> dict[str, Any]:
    """All curves of a run, with null for what is unknown or not finite."""
    return {
        "name": name,
        "run": curves.run,
        "parameters": curves.parameters,
        "vocab_size": curves.vocab_size,
        "clip_norm": curves.clip_norm,
        "ended": curves.ended,
        **_places(curves.along),
        "train": all_finite(curves.train),
        "smoothed": all_finite(curves.smoothed),
        "learning_rate": all_finite(curves.learning_rate),
        "grad_norm": all_finite(curves.grad_norm),
        "clipped": all_finite(curves.clipped),
        "chars_per_second": all_finite(curves.chars_per_second),
        "validation": {**_places(curves.val_along), "loss": all_finite(curves.val)},
        "test": None if curves.test is None else {"step": curves.test_step, "loss": curves.test},
        "samples": [each._asdict() for each in curves.samples],
        "notes": [each._asdict() for each in curves.notes],
        "resumes": list(curves.resumes),
        "not_finite": [asdict(each) for each in curves.not_finite],
    }


def _places(along: "TrainingAxis") -> dict[str, list[Any]]:
    return {
        "steps": along.steps.tolist(),
        "characters": all_finite(along.characters),
        "minutes": all_finite(along.minutes),
    }
