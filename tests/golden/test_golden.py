"""Golden numbers: a seeded tiny run gives the losses it gave when this file was written.

They are not right because they are here; the gradient checks and the oracle say what is right.
They are here so that a change of the numbers is never an accident.
"""

from pathlib import Path

import pytest

from charrnn import api
from charrnn.training.events import Evaluated, Stepped

CONFIG = """\
data: {path: golden.txt}
model: {hidden_size: 10, num_layers: 2, embedding_size: 6, dropout: 0.1}
optimizer: {name: adam, learning_rate: 0.01}
schedule: {name: cosine}
train: {batch_size: 3, seq_length: 8, max_epochs: null, max_steps: 40, dtype: float64}
"""
TEXT = "she sells sea shells by the sea shore.\n" * 12

GOLDEN = {
    "rnn": (
        2.654911370131426,
        2.0583579068236793,
        1.7194896232070551,
        1.841653401721068,
        1.9548300888210255,
    ),
    "lstm": (
        2.6221538615746067,
        2.34301152382611,
        2.250430990340527,
        2.168772500676568,
        2.418609874007117,
    ),
    "gru": (
        2.5972672566633057,
        2.2570567832774926,
        2.1583634299059375,
        2.0593066000261633,
        2.300668820525983,
    ),
    "{name: gru, reset: after}": (
        2.59899788252116,
        2.2564466394265636,
        2.161989731451339,
        2.0570399404046857,
        2.3128927882248296,
    ),
}


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "{name: gru, reset: after}"])
def test_a_seeded_run_gives_the_losses_it_gave(
    cell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("golden.txt").write_text(TEXT, encoding="utf-8", newline="\n")
    events = list(api.train(api.parse_config(CONFIG, "golden.yaml", [f"model.cell={cell}"])))
    steps = [event.loss for event in events if isinstance(event, Stepped)]
    val, test = (event.loss for event in events if isinstance(event, Evaluated))
    assert (steps[0], steps[19], steps[39], val, test) == pytest.approx(GOLDEN[cell], rel=1e-9)
