"""`charrnn config init --recipe`: recipes and their texts, written where they are trained from."""

from pathlib import Path

import pytest

from charrnn.config.recipes import recipe_named, recipe_names
from tests.conftest import ROOT

SHIPPED = {path.stem: path for path in (ROOT / "configs").glob("*.yaml")}


@pytest.fixture
def empty(charrnn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with no configs and no texts in it."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_recipes_are_the_configs_of_the_project() -> None:
    assert set(recipe_names()) == SHIPPED.keys()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_summary_is_one_sentence_on_one_line(name: str) -> None:
    summary = recipe_named(name).summary
    assert summary.endswith(".")
    assert 20 < len(summary) < 90


def test_a_recipe_and_its_text_are_written_and_train(charrnn, empty: Path) -> None:
    ran = charrnn("config", "init", "--recipe", "hello")
    assert (ran.code, ran.out) == (0, "")
    assert "charrnn train hello.yaml" in ran.err
    assert files_in(empty) == {"hello.yaml", "data/hello.txt"}
    assert Path("data/hello.txt").read_bytes() == (ROOT / "data/hello.txt").read_bytes()
    assert Path("hello.yaml").read_bytes() == SHIPPED["hello"].read_bytes()
    assert charrnn("train", "hello.yaml", "--quiet", "--max-steps", "2").code == 0


def test_two_recipes_share_a_text(charrnn, empty: Path) -> None:
    for name in ("quickstart", "char-rnn"):
        assert charrnn("config", "init", "--recipe", name).code == 0
    assert files_in(empty) == {"quickstart.yaml", "char-rnn.yaml", "data/fables.txt"}


def test_a_text_that_does_not_ship_is_named(charrnn, empty: Path) -> None:
    ran = charrnn("config", "init", "mine.yaml", "--recipe", "names")
    assert ran.code == 0
    assert "texts/names.txt does not ship" in ran.err
    assert files_in(empty) == {"mine.yaml"}


def test_a_starter_says_where_its_text_is_missing(charrnn, empty: Path) -> None:
    said = "data/fables.txt does not exist yet"
    assert said in charrnn("config", "init", "my.yaml").err
    Path("my.txt").write_text("a text")
    ran = charrnn("config", "init", "other.yaml", "--text", "my.txt")
    assert ran.err == "wrote other.yaml; now: charrnn train other.yaml\n"


@pytest.mark.parametrize("existing", ["hello.yaml", "data/hello.txt"])
def test_nothing_is_written_where_one_file_exists(charrnn, empty: Path, existing: str) -> None:
    Path("data").mkdir()
    Path(existing).write_text("mine")
    ran = charrnn("config", "init", "--recipe", "hello")
    assert ran.code == 2
    assert (
        ran.err == f"error: {existing}: exists; choose another name, or replace it with --force\n"
    )
    assert files_in(empty) == {existing}
    assert charrnn("config", "init", "--recipe", "hello", "--force").code == 0
    assert Path(existing).read_bytes() != b"mine"


def test_a_folder_in_the_place_of_a_text_is_refused(charrnn, empty: Path) -> None:
    Path("data/hello.txt").mkdir(parents=True)
    assert charrnn("config", "init", "--recipe", "hello", "--force").code == 2
    assert files_in(empty) == set()


def test_a_recipe_on_stdout_writes_no_file(charrnn, empty: Path) -> None:
    ran = charrnn("config", "init", "-", "--recipe", "hello")
    assert ran.out == SHIPPED["hello"].read_text(encoding="utf-8")
    assert files_in(empty) == set()


def test_the_recipes_are_listed_a_line_each(charrnn) -> None:
    listed = charrnn("config", "init", "--recipe", "list").out.splitlines()
    help_text = charrnn("config", "init", "--help").out
    for name, line in zip(sorted(SHIPPED), listed, strict=True):
        assert line.split()[0] == name
        assert recipe_named(name).summary in line
        assert f"\n  {name} " in help_text


def test_an_unknown_recipe_is_asked_back(charrnn, empty: Path) -> None:
    ran = charrnn("config", "init", "--recipe", "quikstart")
    assert ran.code == 2
    assert ran.err == "error: no recipe 'quikstart'; did you mean 'quickstart'?\n"


def test_a_recipe_brings_its_own_text(charrnn, empty: Path) -> None:
    assert charrnn("config", "init", "--recipe", "hello", "--text", "my.txt").code == 2
    assert files_in(empty) == set()
