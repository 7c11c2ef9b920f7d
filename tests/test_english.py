"""The help of every command and the documentation of every key are plain English of the field."""

import ast
import re
from collections.abc import Iterator
from inspect import getdoc
from pathlib import Path

import click
import pytest

from charrnn.cli import COMMANDS, cli
from charrnn.config import Config
from charrnn.config.keys import dotted_keys
from charrnn.nn.cells import CELLS
from charrnn.nn.initializers import INITIALIZERS
from charrnn.optim import OPTIMIZERS, SCHEDULES
from charrnn.sampling import FILTERS
from charrnn.studies.play.help import help_text

ROOT = Path(__file__).parents[1]
TABLES = (CELLS, INITIALIZERS, OPTIMIZERS, SCHEDULES)
BANNED = [
    r"\btold\b",
    r"\btells?\b",
    r"\bso many\b",
    r"\bstands?\b",
    r"\bgo(es)? on\b",
    r"\banew\b",
    r"\b(no|some|any)body\b",
    r"\bwhoever\b",
    r"\bbesides?\b",
    r"\bwhat (of|becomes?|comes?) ",
    r"\ba (process|thread|worker|variant) an? ",
    r"\b(steps|numbers?|weights?) an? (epoch|unit|step)\b",
    r"\bwilder\b",
    r"\blikeliest\b",
    r"\bside by side\b",
    r"^(Of|What|Whether|Its|As|By) ",
    r";\s*[\d.]+\.?$",
]


def walk(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for sub, each in command.commands.items():
            yield from walk(each, f"{name} {sub}")


CONTEXT = click.Context(cli, **cli.context_settings)  # click caches -h and --help by the context
ALL = {
    name: command
    for first in COMMANDS
    for name, command in walk(cli.get_command(CONTEXT, first), first)
}
OPTIONS = {
    f"{name} {option.opts[-1]}": option
    for name, command in ALL.items()
    for option in command.get_params(click.Context(command, CONTEXT))
    if isinstance(option, click.Option)
}


def sayings() -> Iterator[tuple[str, str]]:
    """Where a user reads it, and what."""
    for name, command in [("charrnn", cli), *ALL.items()]:
        yield name, command.help.replace("\b\n", "")
    for name, option in OPTIONS.items():
        yield name, option.help
    for key, known in dotted_keys(Config):
        yield key, known.setting.doc
    for table in TABLES:
        for name, member in table.items():
            yield name, getdoc(member).partition("\n\n")[0]
    for name, spec in FILTERS.items():
        yield name, spec.help
    for line in help_text().splitlines():
        yield "the prompt's :help", line[15:]


@pytest.mark.parametrize("phrase", BANNED)
def test_what_a_user_reads_has_no_phrase_of_the_old_dialect(phrase: str) -> None:
    pattern = re.compile(phrase, re.IGNORECASE if phrase[0] != "^" else 0)
    assert [f"{where}: {text}" for where, text in sayings() if pattern.search(text)] == []


@pytest.mark.parametrize("phrase", [phrase for phrase in BANNED if phrase[0] != "^"])
def test_the_prose_of_the_readmes_has_none_of_them_either(phrase: str) -> None:
    paths = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("charrnn/*/*/README.md")]
    prose = [
        re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S) for path in paths
    ]
    assert [line for text in prose for line in text.splitlines() if re.search(phrase, line)] == []


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        (r"\bso many\b", "Which of so many; 8."),
        (r"\ba (process|thread|worker|variant) an? ", "one core, a process a core"),
        (r";\s*[\d.]+\.?$", "Its size; 100."),
        (r"^(Of|What|Whether|Its|As|By) ", "Of both; 1."),
    ],
)
def test_the_phrases_are_those_that_were_there(phrase: str, text: str) -> None:
    assert phrase in BANNED
    assert re.search(phrase, text)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_help_of_an_option_makes_sense_alone(name: str) -> None:
    text = OPTIONS[name].help
    assert len(text.split()) >= 3
    assert text[0].isupper()
    assert text.endswith(".")


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_a_summary_of_one_line_and_an_example(name: str) -> None:
    summary, *rest = ALL[name].help.split("\n\n")
    assert "\n" not in summary
    assert summary.endswith(".")
    assert len(summary) <= 70
    assert re.search(r"Example:\n\s+charrnn ", rest[-1])
    shown = [line.split()[1:] for line in rest[-1].splitlines() if " charrnn " in line]
    assert any(words[: len(name.split())] == name.split() for words in shown)


def test_a_message_with_a_number_agrees_with_it() -> None:
    """The helper `count_of`; a word in plural after a number is not written by hand."""
    from charrnn.terminal import count_of

    assert [count_of(n, "step") for n in (0, 1, 2, 1000)] == [
        "0 steps",
        "1 step",
        "2 steps",
        "1,000 steps",
    ]
    assert count_of(2, "process", "processes") == "2 processes"


def test_the_first_lines_of_the_command_line_say_what_a_module_is() -> None:
    for path in (ROOT / "charrnn/cli").glob("*.py"):
        first = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert first, path
        assert first.split()[0] not in ("What", "Of", "As", "By", "For"), path
