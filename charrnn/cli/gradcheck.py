"""charrnn gradcheck"""

import json

import click

from charrnn.cli.command import Command
from charrnn.cli.options import json_option, memory_option, set_option
from charrnn.draw.console import write
from charrnn.draw.table import Column, Table
from charrnn.draw.terminal import table_text


@click.command(cls=Command)
@click.argument("config")
@set_option
@memory_option
@json_option
@click.pass_context
def gradcheck(
    ctx: click.Context, config: str, overrides: tuple[str, ...], force: bool, as_json: bool
) -> None:
    """Check a network's gradients against finite differences.

    The network is the one that CONFIG describes, in float64. Exit code 1 means that a gradient is
    wrong.

    \b
    Example:
      charrnn gradcheck configs/quickstart.yaml --set model.cell=gru
    """
    from charrnn import api

    report = api.gradcheck(api.load_config(config, overrides), force=force)
    if as_json:
        values = {
            "ok": report.ok,
            "max_relative_error": report.max_relative_error,
            "parameters": report.parameters,
        }
        write(json.dumps(values) + "\n")
    else:
        columns = (Column("parameter"), Column("relative error", ".1e"))
        write(table_text(Table(columns, tuple(report.parameters.items()))))
        write("the gradients are right\n" if report.ok else "the gradients are WRONG\n")
    ctx.exit(0 if report.ok else 1)
