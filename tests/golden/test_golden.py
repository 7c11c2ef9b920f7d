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
        2.6462660805092817,
        2.0075632116164086,
        1.7326426632590135,
        1.8708479084197007,
        2.025604380715027,
    ),
    "lstm": (
        2.6183894045108196,
        2.3342954144391044,
        2.2810693030998603,
        2.1622512113649495,
        2.4240859882512056,
    ),
    "gru": (
        2.6059809092680077,
        2.2324838999800036,
        2.116619796329847,
        2.063739825593175,
        2.299386210397071,
    ),
    "{name: gru, reset: after}": (
        2.6077309679798097,
        2.2277480788140025,
        2.1241283080568247,
        2.0690502151577572,
        2.313919377335886,
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
