#!/usr/bin/env python
"""Write what is generated into the READMEs.

    python scripts/readme.py             tables: commands, recipes, config reference, benchmark
    python scripts/readme.py --run       also transcripts and pictures, by running every command
    python scripts/readme.py --check     run the commands and compare their losses; changes nothing

A generated block lies between the comments `<!-- NAME: begin -->` and `<!-- NAME: end -->`.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pictures
import transcripts
from bench_table import excerpt, tables
from config_reference import reference_table

from charrnn.cli import COMMANDS, cli
from charrnn.config.recipes import recipe_named, recipe_names

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "scripts/bench.json"  # scripts/bench.py --json scripts/bench.json
DOCUMENTS = [
    ROOT / "README.md",
    *(ROOT / folder / "README.md" for folder in ("configs", "data", "scripts", "tests")),
    *sorted(ROOT.glob("charrnn/studies/*/README.md")),
]


def command_table() -> str:
    """A row for each command: the first sentence of its help."""
    lines = ["| command | what it does |", "| --- | --- |"]
    with click.Context(cli) as context:
        for name in COMMANDS:
            command = cli.get_command(context, name)
            assert command is not None
            lines.append(f"| `charrnn {name}` | {command.get_short_help_str(limit=200)} |")
    return "\n".join(lines)


def recipe_table() -> str:
    """A row for each recipe: what it is, and the paragraph of its comment that begins "Reaches"."""
    lines = ["| recipe | what it is | reaches |", "| --- | --- | --- |"]
    for name in recipe_names():
        recipe = recipe_named(name)
        comment = re.match(r"(?:#.*\n)+", recipe.config)
        assert comment is not None
        paragraphs = re.sub(r"^# ?", "", comment[0], flags=re.MULTILINE).split("\n\n")
        (reached,) = (part for part in paragraphs if part.startswith("Reaches "))
        sentence = " ".join(reached.removeprefix("Reaches ").split())
        lines.append(f"| `configs/{name}.yaml` | {recipe.summary} | {sentence} |")
    return "\n".join(lines)


def _measured(table: Callable[[dict], str]) -> Callable[[], str]:
    return lambda: table(json.loads(MEASURED.read_text(encoding="utf-8")))


BLOCKS = {
    "commands": command_table,
    "recipes": recipe_table,
    "config reference": reference_table,
    "benchmark": _measured(tables),
    "benchmark excerpt": _measured(excerpt),
}


def generated(text: str) -> str:
    """A document with fresh tables between its markers."""
    for name, table in BLOCKS.items():
        text = re.sub(
            rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->\n)",
            lambda match, table=table: f"{match[1]}\n{table().strip()}\n\n{match[2]}",
            text,
            flags=re.DOTALL,
        )
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--run", action="store_true", help="Run the commands of the transcripts.")
    modes.add_argument("--check", action="store_true", help="Compare the transcripts' losses.")
    options = parser.parse_args()
    written = {path: path.read_text(encoding="utf-8") for path in DOCUMENTS}
    if not options.run and not options.check:
        write(written)
        return 0
    with transcripts.folder() as folder:
        run = {path: transcripts.refreshed(text, folder) for path, text in written.items()}
        if options.run:
            write(run)
            pictures.take(folder)
            return 0
    differences = [
        f"{path.relative_to(ROOT)}: {difference}"
        for path, text in written.items()
        for difference in transcripts.differences(text, run[path])
    ]
    print("\n".join(differences) or "every transcript agrees")
    return bool(differences)


def write(documents: dict[Path, str]) -> None:
    """Write documents, with fresh tables."""
    for path, text in documents.items():
        path.write_text(generated(text), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
