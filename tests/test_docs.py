"""The READMEs are true: tables, transcripts, commands, recipes, links, the Python example."""

import contextlib
import io
import re
import sys
import tomllib
from pathlib import Path

import click
import pytest
import yaml

from charrnn import api
from charrnn.cli import COMMANDS, cli
from charrnn.config import Config
from charrnn.config.keys import dotted_keys

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
try:
    import readme
    import transcripts
    from config_reference import reference_table
finally:
    sys.path.pop(0)

DOCUMENTS = [*readme.DOCUMENTS, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
TEXTS = {path: path.read_text(encoding="utf-8") for path in DOCUMENTS}
README = TEXTS[ROOT / "README.md"]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def documents(*paths: Path):
    return pytest.mark.parametrize("path", paths, ids=name_of)


def test_the_readme_is_one_screenful_of_each_thing() -> None:
    assert 10_000 <= len(README.encode()) <= 14_000


@documents(*readme.DOCUMENTS)
def test_what_is_generated_is_up_to_date(path: Path) -> None:
    assert readme.generated(TEXTS[path]) == TEXTS[path], "run python scripts/readme.py"


@pytest.mark.parametrize("folder", sorted((ROOT / "charrnn/studies").glob("*/")), ids=name_of)
def test_every_study_has_a_guide_that_the_readme_links(folder: Path) -> None:
    if folder.name != "__pycache__":
        assert f"({name_of(folder)}/README.md)" in README


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"| `charrnn {name}` |" in README


@documents(*readme.DOCUMENTS)
def test_commands_that_are_written_somewhere_take_their_options(path: Path) -> None:
    for line in re.findall(rf"charrnn ((?:{'|'.join(COMMANDS)})\b[^\n`|#]*)", TEXTS[path]):
        name, *words = line.split()
        with click.Context(cli, **cli.context_settings) as context:
            command = cli.get_command(context, name)
            if isinstance(command, click.Group) and words:
                command = command.get_command(context, words[0])
            assert command is not None, line
            parameters = command.get_params(context)
        known = {option for parameter in parameters for option in parameter.opts}
        options = {re.match(r"--[\w-]+", word)[0] for word in words if word.startswith("--")}
        assert options <= {*known, "--help"}, line


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.name)
def test_every_recipe_is_described(path: Path) -> None:
    assert f"| `configs/{path.name}` |" in TEXTS[ROOT / "configs/README.md"]


@pytest.mark.parametrize("path", sorted((ROOT / "data").glob("*.txt")), ids=lambda p: p.name)
def test_every_text_is_described(path: Path) -> None:
    assert f"`{path.name}`" in TEXTS[ROOT / "data/README.md"]


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*")), ids=lambda p: p.name)
def test_every_script_is_described(path: Path) -> None:
    if path.suffix == ".py" or path.suffix == "":
        listed = path.name == "__pycache__" or f"`{path.name}`" in TEXTS[ROOT / "scripts/README.md"]
        assert listed


@documents(*DOCUMENTS)
def test_links_and_named_files_exist(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", TEXTS[path])
    assert [target for target in targets if not (path.parent / target).exists()] == []
    named = re.findall(r"`((?:charrnn|configs|data|scripts|tests)/[\w./-]+\.\w+)`", TEXTS[path])
    assert [name for name in named if not (ROOT / name).exists()] == []


@documents(*DOCUMENTS)
def test_config_keys_and_api_names_exist(path: Path) -> None:
    known = dict(dotted_keys(Config))
    sections = "|".join(key for key, setting in known.items() if setting.is_section)
    keys = re.findall(rf"(?<![\w/.])((?:{sections})\.[a-z_]+)\b(?![./\w(])", TEXTS[path])
    assert {key for key in keys if key not in known and not key.endswith((".yaml", ".py"))} == set()
    assert {*re.findall(r"\bapi\.([A-Za-z_]\w+)", TEXTS[path])} - {"pyi", "py"} <= {*api.__all__}


def test_the_two_commands_are_there_and_ci_is_the_second() -> None:
    assert "bash scripts/demo" in README
    assert "bash scripts/test" in README
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert ci[-1] == "exec bash scripts/test"


def test_the_workflow_runs_every_python_that_is_declared() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert matrix["python"] == declared
    assert project["requires-python"] == f">={declared[0]}"


def test_the_python_example_runs(charrnn) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    small = example.replace('["train.max_steps=500"]', '["train.max_steps=2"]')
    assert small != example
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(small, "README.md", "exec"), {})
    assert "Stepped(" in printed.getvalue()


def test_the_quickstart_has_one_result_everywhere() -> None:
    """The best validation loss and the test loss of the transcript, wherever they are quoted."""
    found = re.search(r"best validation loss ([\d.]+) .*\ntest loss ([\d.]+) ", README)
    assert found is not None
    validation, test = found.groups()
    quoted = {
        "configs/quickstart.yaml": r"Reaches ([\d.]+) nats/char .* and ([\d.]+) ",
        "configs/README.md": r"quickstart\.yaml.* ([\d.]+) nats/char .* and ([\d.]+) ",
        "charrnn/studies/curves/README.md": r"A  quickstart .* ([\d.]+) +([\d.]+)  nats/char",
    }
    for name, pattern in quoted.items():
        quotation = re.search(pattern, (ROOT / name).read_text(encoding="utf-8"))
        assert quotation is not None, name
        assert quotation.groups() == (validation, test), name
    assert f"| {float(test):.2f} nats/char on test" in README


def test_the_smoke_run_of_the_readme_gives_the_losses_that_it_shows(tmp_path: Path) -> None:
    """Its last transcript, run again: the same lines, and losses within a tolerance."""
    section = README.partition("## In your CI")[2].partition("## ")[0]
    with transcripts.folder() as folder:
        again = transcripts.refreshed(section, folder)
    assert transcripts.losses(again)
    assert [*transcripts.differences(section, again)] == []


def test_a_loss_that_has_changed_is_noticed() -> None:
    line = "step 250  train 1.935  validation 1.9713 nats/char"
    assert transcripts.similar(line, "step 250  train 1.95  validation 2.0001 nats/char")
    assert not transcripts.similar(line, "step 250  train 1.935  validation 2.1 nats/char")
    assert not transcripts.similar(line, "step 250  training 1.935  validation 1.9713 nats/char")


def test_the_reference_has_a_row_for_every_key() -> None:
    known = dict(dotted_keys(Config))
    rows = reference_table().splitlines()
    for dotted, key in known.items():
        parent = known.get(dotted.rpartition(".")[0])
        is_option = parent is not None and not parent.is_section
        name = key.name if is_option else dotted
        matching = [row for row in rows if f"| `{name}` |" in row]
        if not key.is_section:
            assert any(key.setting.doc.replace("*", "\\*") in row for row in matching), dotted
    assert any(row.startswith("| `train.seed` | `1` | an integer of at least 0 |") for row in rows)
    assert any("`learning_rate`" in row and row.endswith("| yes |") for row in rows)


def test_the_tables_of_the_reference_are_even() -> None:
    for table in reference_table().split("\n\n"):
        assert len({row.replace("\\|", "").count("|") for row in table.strip().splitlines()}) == 1


def test_what_the_api_offers_is_documented() -> None:
    for name in api.__all__:
        assert getattr(api, name).__doc__, name
