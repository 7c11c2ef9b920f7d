"""charrnn score"""

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

import click

from charrnn.cli.command import Command
from charrnn.cli.options import color_option, json_option, lines_option
from charrnn.draw.console import tell, write
from charrnn.draw.terminal import table_text
from charrnn.draw.terminal_colour import wanted
from charrnn.terminal import count_of

if TYPE_CHECKING:
    from charrnn.api import Baseline, Score


@click.command(cls=Command)
@click.argument("checkpoint")
@click.argument("text", nargs=-1, required=True)
@click.option(
    "--dynamic",
    is_flag=True,
    help="Also score with dynamic evaluation: the model learns from what it has read.",
)
@click.option(
    "--dynamic-rate",
    type=click.FloatRange(0),
    metavar="X",
    show_default="5e-5",
    help="Learning rate of dynamic evaluation.",
)
@click.option(
    "--dynamic-decay",
    type=click.FloatRange(0),
    metavar="X",
    show_default="3e-3",
    help="Rate at which dynamic evaluation returns to the trained weights.",
)
@click.option("--baselines", is_flag=True, help="Also print the losses of simpler models.")
@click.option(
    "--surprisal", is_flag=True, help="Also show the surprisal of every character, line and symbol."
)
@click.option(
    "--against",
    metavar="OTHER",
    help="Also compare with the model OTHER, character by character.",
)
@click.option("--html", metavar="FILE", help="Write the surprisal to an HTML page instead.")
@lines_option
@click.option(
    "--chars",
    type=click.IntRange(0),
    metavar="N",
    show_default="2000; 200000 with --html",
    help="Show the first N characters of the text.",
)
@color_option
@json_option
def score(
    checkpoint: str,
    text: tuple[str, ...],
    dynamic: bool,
    dynamic_rate: float | None,
    dynamic_decay: float | None,
    baselines: bool,
    surprisal: bool,
    against: str | None,
    html: str | None,
    lines: int,
    chars: int | None,
    color: str,
    as_json: bool,
) -> None:
    """Evaluate how well a model predicts a text.

    CHECKPOINT is a file or a run directory; TEXT is one or more files, read as one text. Every
    character but the first is predicted once, from all characters before it.

    --surprisal shows which characters, lines and symbols the model did not expect; --against
    compares two models in the same way; --html writes either to a page that also shows the guesses
    at every character.

    \b
    Example:
      charrnn score runs/quickstart other.txt
      charrnn score runs/quickstart other.txt --dynamic --baselines
      charrnn score runs/quickstart other.txt --surprisal
      charrnn score runs/quickstart other.txt --against runs/other --html page.html
    """
    from charrnn import api
    from charrnn.draw.page import check_page
    from charrnn.listeners.progress import Meter
    from charrnn.studies.score.study import is_training_text

    if html is not None:
        check_page(html)
    trained = api.load(checkpoint)
    presentation = None
    if surprisal or against is not None or html is not None:
        from charrnn.studies.surprisal.presentation import Presentation

        presentation = Presentation(trained, text, None if against is None else api.load(against))
    static = presentation.score if presentation else api.score(trained, text)
    scores: dict[str, Score] = {"static": static}
    if dynamic or dynamic_rate is not None or dynamic_decay is not None:
        usual = api.Adaptation()
        adaptation = api.Adaptation(
            rate=usual.rate if dynamic_rate is None else dynamic_rate,
            decay=usual.decay if dynamic_decay is None else dynamic_decay,
        )
        with Meter("dynamic evaluation") as meter:
            scores["dynamic"] = api.score(trained, text, adaptation=adaptation, on_progress=meter)
    simple_models = api.baselines_for(trained, api.open_part(trained, text)) if baselines else []
    if presentation and html is not None:
        presentation.save_page(html, chars, lines)
    if as_json:
        more = presentation.values(chars, lines) if presentation else {}
        write(json.dumps({**_values(scores, simple_models), **more}) + "\n")
        return
    write(_page(scores, simple_models) + (presentation.verdict() if presentation else ""))
    if presentation and html is None:
        colours = wanted(color)
        write(presentation.view(chars, lines, colours=colours), drawn=colours)
    if is_training_text(trained, text):
        tell("note: the model was trained on this text; expect a higher loss on unseen text")


def _values(scores: "dict[str, Score]", simple_models: "list[Baseline]") -> dict[str, Any]:
    static = scores["static"]
    values: dict[str, Any] = {"characters": static.characters, **_figures(static)}
    if "dynamic" in scores:
        values["dynamic"] = _figures(scores["dynamic"])
    if simple_models:
        values["baselines"] = {each.name: each.nats_per_char for each in simple_models}
    return values


def _figures(result: "Score") -> dict[str, float | None]:
    return {
        "nats_per_char": result.nats_per_char,
        "bits_per_char": result.bits_per_char,
        "perplexity": result.perplexity if isfinite(result.perplexity) else None,
    }


def _page(scores: "dict[str, Score]", simple_models: "list[Baseline]") -> str:
    lines = [_line(result, "" if name == "static" else name) for name, result in scores.items()]
    if simple_models:
        from charrnn.studies.baselines.tables import baseline_table

        lines.append(table_text(baseline_table(simple_models)))
    return "".join(lines)


def _line(result: "Score", name: str) -> str:
    return (
        f"{result.nats_per_char:.4f} nats/char  {result.bits_per_char:.4f} bits/char"
        f"  perplexity {result.perplexity:.3f}  over {count_of(result.characters, 'character')}"
        f"{'  ' + name if name else ''}\n"
    )
