"""The library names parameters; the command line puts its own options there."""

import ast
import re
from pathlib import Path

import click
import pytest

import charrnn
from charrnn.cli.command import OPTION_NAMES, Command
from charrnn.errors import CharrnnError, ConfigError, DataError, UsageError

PACKAGE = Path(charrnn.__file__).parent
FLAG = re.compile(r"(^|[\s(`'\"])--[a-z]")


def speaks_of_options(path: Path) -> bool:
    """The command line itself, and the views that a terminal shows."""
    home = path.relative_to(PACKAGE)
    return home.parts[0] == "cli" or home.stem.startswith("terminal")


def strings(path: Path) -> list[str]:
    """The strings of a module that are not docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def test_no_message_of_the_library_names_an_option() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}: {text}"
        for path in PACKAGE.rglob("*.py")
        if not speaks_of_options(path)
        for text in strings(path)
        if FLAG.search(text) and " " in text  # an argument of a command is one word
    ]
    assert found == []


def test_a_remedy_names_parameters_and_a_command_its_options() -> None:
    error = UsageError("run: already holds a run", "continue it with `resume`, or use `new_text`")
    assert str(error) == "run: already holds a run; continue it with `resume`, or use `new_text`"
    assert error.lines({"resume": "--resume"}) == [
        "run: already holds a run; continue it with --resume, or use new_text"
    ]


def test_only_the_remedy_is_translated() -> None:
    assert CharrnnError("`force`: no such file").lines({"force": "--force"}) == [
        "`force`: no such file"
    ]
    assert ConfigError(["a", "`b`"]).lines({"b": "--b"}) == ["a", "`b`"]


@pytest.mark.parametrize(
    ("parameter", "shown"),
    [("force", "--force"), ("data.encoding", "--encoding"), ("jobs", "jobs")],
)
def test_a_command_puts_in_the_options_that_it_has(parameter: str, shown: str, capsys) -> None:
    @click.command(cls=Command)
    @click.option("-f", "--force", is_flag=True)
    @click.option("--encoding")
    def broken(force: bool, encoding: str | None) -> None:
        raise DataError("wrong", f"try `{parameter}`")

    assert broken.main([], standalone_mode=False) == DataError.exit_code
    assert capsys.readouterr().err == f"error: wrong; try {shown}\n"


def test_every_other_name_of_a_parameter_is_an_option_of_some_command() -> None:
    from charrnn.cli import COMMANDS, cli

    commands = [cli.get_command(click.Context(cli), name) for name in COMMANDS]
    names = {parameter.name for command in commands for parameter in command.params}
    assert set(OPTION_NAMES.values()) <= names


def test_every_command_shows_the_errors_of_the_library() -> None:
    from charrnn.cli import COMMANDS, cli

    commands = [cli.get_command(click.Context(cli), name) for name in COMMANDS]
    inner = [
        sub for each in commands if isinstance(each, click.Group) for sub in each.commands.values()
    ]
    runnable = [each for each in [*commands, *inner] if not isinstance(each, click.Group)]
    assert [each.name for each in runnable if not isinstance(each, Command)] == []
