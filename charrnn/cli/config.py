"""charrnn config"""

import json
from pathlib import Path

import click

from charrnn.draw.console import tell, write
from charrnn.errors import ConfigError, UsageError


@click.group()
def config() -> None:
    """Check, show, describe and start config files.

    \b
    Example:
      charrnn config init my.yaml --text my.txt
      charrnn config check my.yaml
    """


@config.command()
@click.argument("file", nargs=-1, required=True)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one key.")
@click.pass_context
def check(ctx: click.Context, file: tuple[str, ...], overrides: tuple[str, ...]) -> None:
    """Validate config files: all problems at once, exit code 2 if there is any.

    \b
    Example:
      charrnn config check configs/*.yaml
    """
    from charrnn.config import load_config

    problems: list[str] = []
    for path in file:
        try:
            load_config(path, overrides)
            write(f"{path}: ok\n")
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)


@config.command()
@click.argument("file")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one key.")
def show(file: str, overrides: tuple[str, ...]) -> None:
    """Print the effective config: every key, with its value or its default.

    \b
    Example:
      charrnn config show configs/hello.yaml --set model.cell=gru
    """
    from charrnn.config import dump_config, load_config

    write(dump_config(load_config(file, overrides)))


@config.command()
def schema() -> None:
    """Print the JSON Schema of config files, for editors that complete and check them.

    \b
    Example:
      charrnn config schema > charrnn.schema.json
    """
    from charrnn.config import json_schema

    write(json.dumps(json_schema(), indent=2) + "\n")


@config.command()
@click.argument("file", default="-")
@click.option("--text", default="data/fables.txt", show_default=True, help="What to train on.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init(file: str, text: str, force: bool) -> None:
    """Write a starter config with every key explained; without FILE, to stdout.

    \b
    Example:
      charrnn config init my.yaml --text my.txt
    """
    from charrnn.config import starter_config
    from charrnn.storage.files import write_text

    content = starter_config(text)
    if file == "-":
        write(content)
        return
    try:
        if Path(file).exists() and not force:
            raise UsageError(f"{file}: exists; choose another name, or replace it by --force")
        write_text(Path(file), content)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written ({error.strerror})") from None
    tell(f"wrote {file}; now: charrnn train {file}")
