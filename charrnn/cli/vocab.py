"""charrnn vocab"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from charrnn.cli.command import Command
from charrnn.cli.options import json_option
from charrnn.draw.console import tell, write
from charrnn.draw.table import Column, Table
from charrnn.draw.terminal import table_text
from charrnn.studies.baselines.tables import baseline_table
from charrnn.terminal import count_of

if TYPE_CHECKING:
    from charrnn.api import VocabReport

RARE = 10


@click.command(cls=Command)
@click.argument("text", nargs=-1, required=True)
@click.option(
    "--level",
    type=click.Choice(["char", "byte"]),
    default="char",
    show_default=True,
    help="Unit of the vocabulary: characters or bytes.",
)
@click.option(
    "--min-count",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Replace symbols that occur fewer than N times by UNK.",
)
@click.option("--lowercase", is_flag=True, help="Lowercase the text first.")
@click.option(
    "--normalize", type=click.Choice(["NFC", "NFKC"]), help="Unicode normalisation form to apply."
)
@click.option(
    "--encoding",
    default="utf-8",
    show_default=True,
    help="Encoding of the files: any Python codec.",
)
@click.option(
    "--newlines",
    type=click.Choice(["lf", "keep"]),
    default="lf",
    show_default=True,
    help="Read CRLF and CR as LF, or keep them.",
)
@click.option("--out", metavar="FILE", help="Write the vocabulary to a JSON file.")
@click.option(
    "--baselines",
    is_flag=True,
    help="Also print the losses of simple models, fitted on 9/10 of the text, on the rest.",
)
@json_option
def vocab(
    text: tuple[str, ...],
    level: str,
    min_count: int,
    lowercase: bool,
    normalize: str | None,
    encoding: str,
    newlines: str,
    out: str | None,
    baselines: bool,
    as_json: bool,
) -> None:
    """Report the vocabulary of a text: symbols, counts, entropy.

    TEXT is one or more files or globs, read as one text.

    \b
    Example:
      charrnn vocab data/fables.txt
      charrnn vocab "books/*.txt" --min-count 5 --json
    """
    from charrnn import api
    from charrnn.text.read import TextFormat

    form = TextFormat(
        level=level,
        encoding=encoding,
        lowercase=lowercase,
        normalize=normalize,
        newlines=newlines,
    )
    report = api.vocab(text, form, min_count)
    if out is not None:
        report.save(Path(out))
        tell(f"wrote {out}")
    simple_models = api.baselines_in(text, form) if baselines else []
    if as_json:
        values = report.to_json()
        if simple_models:
            values["baselines"] = {each.name: each.nats_per_char for each in simple_models}
        write(json.dumps(values, ensure_ascii=False) + "\n")
    else:
        write(_page(report))
        if simple_models:
            write("\n" + table_text(baseline_table(simple_models)))


def _page(report: "VocabReport") -> str:
    """The report as text."""
    lines = [
        f"{count_of(report.characters, 'character')}, {count_of(report.vocabulary.size, 'symbol')}"
        f" ({report.vocabulary.level} level)\n",
        f"entropy of the symbol frequencies {report.bits_per_char:.3f} bits/char,"
        f" uniform {report.uniform_bits:.3f}\n\n",
    ]
    columns = (Column("symbol"), Column("count", ",d"), Column("share", ".4%"))
    rows = [(name, count, count / report.characters) for name, count in report.ranked()]
    lines.append(table_text(Table(columns, rows)))
    for title, names in (("rare", report.rare(RARE)), ("control", report.control())):
        if names:
            lines.append(f"\n{title}: {'  '.join(names)}\n")
    return "".join(lines)
