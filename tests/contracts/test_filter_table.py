"""A filter is one class and one line in FILTERS: its option, its setting and its effect follow."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from charrnn import api
from charrnn.errors import UsageError
from charrnn.nn.arrays import Floats
from charrnn.sampling import FILTERS, FilterSpec
from charrnn.studies.play.bars import Canvas
from charrnn.studies.play.help import help_text
from charrnn.studies.play.session import Session
from tests.saved import save


@dataclass(frozen=True)
class Only:
    """Keep one id alone."""

    value: int

    def __post_init__(self) -> None:
        if self.value < 0:
            raise UsageError(f"only is {self.value}; it must be 0 or more")

    def __call__(self, log_p: Floats) -> None:
        log_p[:, np.arange(log_p.shape[1]) != self.value] = -np.inf


@pytest.fixture
def toy(charrnn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A model, the command, and one filter more."""
    save(tmp_path / "model.npz")
    spec = FilterSpec(Only, int, "ID", "o", "3", "Sample the character of this id alone.")
    monkeypatch.setitem(FILTERS, "only_one", spec)
    return charrnn


def letter() -> str:
    return api.load("model.npz").vocabulary.names()[2].strip("'")


def test_it_is_an_option_with_help(toy) -> None:
    shown = toy("sample", "--help").out
    assert "--only-one ID " in shown
    assert "Sample the character of this id alone." in shown
    ran = toy("sample", "model.npz", "-n", "5", "--only-one", "2")
    assert (ran.code, ran.out) == (0, 5 * letter())
    ran = toy("sample", "model.npz", "--only-one", "-1")
    assert (ran.code, ran.err) == (2, "error: only is -1; it must be 0 or more\n")
    assert toy("sample", "model.npz", "--only-one", "x").code == 2


def test_it_is_an_argument_of_a_request(toy) -> None:
    request = api.Request(length=4, only_one=2)
    assert request.only_one == 2
    assert api.sample(api.load("model.npz"), request)[0].text == 4 * letter()
    assert api.Request().only_one is None
    with pytest.raises(TypeError, match="there is no filter only_two"):
        api.Request(only_two=2)


def test_it_is_a_setting_of_the_prompt_with_help(toy) -> None:
    canvas = Canvas(columns=60, blocks=False, colour=False)
    session = Session(api.load("model.npz"), api.Request(length=4), lambda: canvas, bars=False)
    for command in (":o 2", ":only-one 2", ":only 2"):
        session.answer(":reset")
        session.answer(command)
        assert session.prompt == "o 2  n 4> "
    assert "".join(session.answer("a").text) == f"a{4 * letter()}\n"
    assert "only-one     2\n" in session.answer(":show").drawn
    assert ":o 3           only-one: Sample the character of this id alone.\n" in help_text()
    session.answer(":o off")
    assert session.prompt == "n 4> "


def test_filters_act_in_the_order_of_the_table(toy) -> None:
    chain = api.Request(only_one=1, top_k=2, greedy=True, temperature=0.5).chain()
    assert [type(filter_).__name__ for filter_ in chain] == [
        "Greedy",
        "Temperature",
        "TopK",
        "Only",
    ]
    assert api.Request(temperature=1.0, top_k=None, greedy=False).chain() == []
