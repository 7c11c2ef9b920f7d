"""charrnn plot"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from math import isfinite, log
from typing import TYPE_CHECKING, Any

import click

from charrnn.cli.command import Command
from charrnn.draw.console import in_colour, table, tell, terminal_size, write

if TYPE_CHECKING:
    from charrnn.api import Curves
    from charrnn.studies.curves.panels import Shown
    from charrnn.studies.curves.study import TrainingAxis

AXES = ("steps", "characters", "minutes")
PANELS = ("loss", "rate", "gradient", "clipped")


@click.command(cls=Command)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--by", type=click.Choice(AXES), default="steps", help="What lies to the right.")
@click.option(
    "--smooth",
    type=click.FloatRange(0, 1, max_open=True),
    metavar="X",
    help="What running means keep of the past at each step, instead of 0.98, or less if short.",
)
@click.option("--bits", is_flag=True, help="Losses in bits, not nats, per character.")
@click.option("--top", type=float, metavar="X", help="Where the axis of the losses ends.")
@click.option(
    "--panels",
    metavar="NAMES",
    help=f"Some of {','.join(PANELS)}; one run in a file has all, else it is the loss.",
)
@click.option("--out", metavar="FILE", help="Draw a PNG, SVG or PDF, not in the terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, in nats/char.")
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
    """Show the curves of runs: losses, learning rate, gradients.

    RUN is a run directory, also of a run that goes on, or the folder of a comparison, which means
    all its runs. The training loss is a running mean of those of single chunks.

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
    found = api.find_runs(runs)
    told = [api.curves(run, smooth=smooth) for run in found]
    names = api.labels_of(found)
    if as_json:
        write(json.dumps({"runs": [_values(*one) for one in zip(names, told, strict=True)]}) + "\n")
        if out is None:
            return

    from charrnn.studies.curves.panels import Shown, make_sheet, told_kinds

    shown = [Shown(name, k, one) for k, (name, one) in enumerate(zip(names, told, strict=True))]
    if not kinds:
        kinds = told_kinds(shown) if out is not None and len(shown) == 1 else ["loss"]
    sheet = make_sheet(shown, kinds, by=by, bits=bits, top=top)
    if out is not None:
        from charrnn.studies.curves.picture import draw_curves

        draw_curves(sheet, out)
        tell(f"wrote {out}")
        return

    from charrnn.studies.curves.terminal import curves_in_blocks

    width, height = terminal_size()
    rows = max(12, min(24, height - len(shown) - 4))
    coloured = in_colour()
    write(curves_in_blocks(sheet, width, rows, coloured=coloured), drawn=coloured)
    write(_key(shown, bits))


def _kinds(panels: str | None) -> list[Any]:
    """The panels asked for, each once."""
    names = [name.strip() for name in (panels or "").split(",") if name.strip()]
    for name in names:
        if name not in PANELS:
            raise click.BadParameter(
                f"there is no '{name}'; choose from {', '.join(PANELS)}", param_hint="'--panels'"
            )
    return [*dict.fromkeys(names)]


def _key(shown: "list[Shown]", bits: bool) -> str:
    """Which letter is which run, and where each of them is by now."""
    from charrnn.studies.curves.terminal import letter

    unit, name = (1 / log(2), "bits/char") if bits else (1.0, "nats/char")
    rows: list[tuple[str, ...]] = [("", "run", "steps", "training", "best validation", "test", "")]
    for one in shown:
        told = one.curves
        train = told.smoothed[-1] if told.smoothed.size else None
        figures = (_figure(loss, unit) for loss in (train, told.best_val, told.test))
        steps = f"{told.along.steps[-1]:,}" if told.along.steps.size else "0"
        rows.append((letter(one.colour), one.name, steps, *figures, name))
    return table(rows)


def _figure(loss: float | None, unit: float) -> str:
    return "-" if loss is None or not isfinite(loss) else f"{loss * unit:.4f}"


def _values(name: str, told: "Curves") -> dict[str, Any]:
    """All of it, with null for what is not told or not finite."""
    return {
        "name": name,
        "run": told.run,
        "parameters": told.parameters,
        "vocab_size": told.vocab_size,
        "clip_norm": told.clip_norm,
        "ended": told.ended,
        **_places(told.along),
        "train": _numbers(told.train),
        "smoothed": _numbers(told.smoothed),
        "learning_rate": _numbers(told.learning_rate),
        "grad_norm": _numbers(told.grad_norm),
        "clipped": _numbers(told.clipped),
        "chars_per_second": _numbers(told.chars_per_second),
        "validation": {**_places(told.val_along), "loss": _numbers(told.val)},
        "test": None if told.test is None else {"step": told.test_step, "loss": told.test},
        "samples": [one._asdict() for one in told.samples],
        "notes": [one._asdict() for one in told.notes],
        "resumes": list(told.resumes),
        "not_finite": [asdict(one) for one in told.not_finite],
    }


def _places(along: "TrainingAxis") -> dict[str, list[Any]]:
    return {
        "steps": along.steps.tolist(),
        "characters": _numbers(along.characters),
        "minutes": _numbers(along.minutes),
    }


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [float(value) if isfinite(value) else None for value in values]
