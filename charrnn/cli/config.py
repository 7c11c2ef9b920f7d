"""charrnn config"""

import json
from pathlib import Path

import click

from charrnn.cli.command import Command
from charrnn.cli.options import set_option
from charrnn.draw.console import tell, write
from charrnn.draw.table import Column, Table
from charrnn.draw.terminal import table_text
from charrnn.errors import ConfigError, DataError, UsageError

STARTER_TEXT = "data/fables.txt"


@click.group()
def config() -> None:
    """Check, show, describe and start config files.

    \b
    Example:
      charrnn config init my.yaml --text my.txt
      charrnn config check my.yaml
    """


@config.command(cls=Command)
@click.argument("file", nargs=-1, required=True)
@set_option
@click.pass_context
def check(ctx: click.Context, file: tuple[str, ...], overrides: tuple[str, ...]) -> None:
    """Validate config files; report all problems at once.

    Exit code 2 means that a file has one.

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


@config.command(cls=Command)
@click.argument("file")
@set_option
def show(file: str, overrides: tuple[str, ...]) -> None:
    """Print the effective config: every key with its value.

    \b
    Example:
      charrnn config show configs/hello.yaml --set model.cell=gru
    """
    from charrnn.config import dump_config, load_config

    write(dump_config(load_config(file, overrides)))


@config.command(cls=Command)
def schema() -> None:
    """Print the JSON Schema of config files, for editors.

    \b
    Example:
      charrnn config schema > charrnn.schema.json
    """
    from charrnn.config import json_schema

    write(json.dumps(json_schema(), indent=2) + "\n")


class _WithRecipes(Command):
    """A command whose help ends with the recipes."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Recipes"):
            formatter.write_dl([(name, summary) for name, summary in _recipe_rows()])


@config.command(cls=_WithRecipes)
@click.argument("file", required=False)
@click.option("--text", metavar="FILE", show_default=STARTER_TEXT, help="Text to train on.")
@click.option("--recipe", metavar="NAME", help="Write this recipe; 'list' prints the recipes.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
def init(file: str | None, text: str | None, recipe: str | None, force: bool) -> None:
    """Write a config to start from: one with comments, or a recipe.

    Without FILE the commented config goes to stdout, a recipe to NAME.yaml. The text of a recipe is
    written to its data.path, where charrnn ships it.

    \b
    Example:
      charrnn config init my.yaml --text my.txt
      charrnn config init --recipe quickstart
      charrnn train quickstart.yaml
    """
    if recipe == "list":
        write(table_text(Table((Column(), Column()), _recipe_rows())))
    elif recipe is not None and text is not None:
        raise UsageError("--text cannot be combined with --recipe; a recipe names its own text")
    elif recipe is not None:
        _write_recipe(recipe, file, force)
    else:
        _write_starter(text or STARTER_TEXT, file, force)


def _recipe_rows() -> list[tuple[str, str]]:
    from charrnn.config.recipes import recipe_named, recipe_names

    return [(name, recipe_named(name).summary) for name in recipe_names()]


def _write_starter(text: str, file: str | None, force: bool) -> None:
    from charrnn.config import starter_config

    content = starter_config(text)
    if file in (None, "-"):
        write(content)
        return
    _write_files({Path(file): content.encode()}, force)
    tell(f"wrote {file}; now: charrnn train {file}")
    if not _is_there(text):
        tell(f"{text} does not exist yet; set data.path to a text of your own")


def _is_there(text: str) -> bool:
    from charrnn.text.read import find_files

    try:
        return bool(find_files([text]))
    except DataError:
        return False


def _write_recipe(name: str, file: str | None, force: bool) -> None:
    from charrnn.config.recipes import recipe_named

    recipe = recipe_named(name)
    if file == "-":
        write(recipe.config)
        return
    config = Path(file or f"{name}.yaml")
    texts = {Path(path): text for path, text in recipe.texts.items() if text is not None}
    new = {path: text for path, text in texts.items() if not _holds(path, text)}
    _write_files({**new, config: recipe.config.encode()}, force)
    tell(f"wrote {', '.join(map(str, [config, *new]))}; now: charrnn train {config}")
    for path in recipe.texts.keys() - map(str, texts):
        tell(f"{path} does not ship with charrnn; use a text of your own: --set data.path=FILE")


def _holds(path: Path, content: bytes) -> bool:
    """Whether a file exists and has this content."""
    from charrnn.storage.files import open_regular

    try:
        with open_regular(path) as file:
            return file.read() == content
    except OSError:
        return False


def _write_files(contents: dict[Path, bytes], force: bool) -> None:
    """Write each file, whole; none of them where one exists, unless `force`. Raises UsageError."""
    from charrnn.storage.files import make_folder, write_bytes

    path = Path()
    try:
        for path in contents:
            if path.exists() and not force:
                raise UsageError(f"{path}: exists; choose another name, or replace it with --force")
        for path, content in contents.items():
            make_folder(path.parent)
            write_bytes(path, content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from None
