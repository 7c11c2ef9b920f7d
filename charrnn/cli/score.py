"""charrnn score"""

import json

import click

from charrnn.cli.output import write


@click.command()
@click.argument("checkpoint")
@click.argument("text", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def score(checkpoint: str, text: tuple[str, ...], as_json: bool) -> None:
    """Print how well a model predicts a text.

    CHECKPOINT is a file or a run directory; TEXT is one file or several, read as one text. Every
    character but the first is predicted once, each from all that stand before it.

    \b
    Example:
      charrnn score runs/quickstart data/fables.txt
    """
    from charrnn import api

    result = api.score(api.load(checkpoint), text)
    if as_json:
        values = {
            "characters": result.characters,
            "nats_per_char": result.nats_per_char,
            "bits_per_char": result.bits_per_char,
            "perplexity": result.perplexity,
        }
        write(json.dumps(values) + "\n")
    else:
        write(
            f"{result.nats_per_char:.4f} nats/char  {result.bits_per_char:.4f} bits/char"
            f"  perplexity {result.perplexity:.3f}  over {result.characters:,} characters\n"
        )
