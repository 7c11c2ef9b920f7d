"""The memory of a run, foretold: to the byte where it is counted, nearly where it is measured."""

import subprocess
import sys
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from charrnn.nn.arrays import empty, shapes_only, zeros
from charrnn.nn.cells import Gru, Lstm, Rnn
from charrnn.nn.kernels import KERNELS, installed
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.model import CharModel
from charrnn.text.batches import Batches
from charrnn.training.footprint import footprint, tape_bytes
from charrnn.training.plan import backprop_for
from tests.plans import V, part, plan

FLOAT32 = np.dtype(np.float32)
NOISES = [
    DropoutRates(),
    DropoutRates(0.1, 0.3, 0.3, 0.2, 0.2, 0.2),
    DropoutRates(0.1, 0.3, 0.3, 0.2, 0.2, 0.2, variational=True),
]


@pytest.mark.parametrize("kernels", installed())
@pytest.mark.parametrize("noise", NOISES, ids=["quiet", "noisy", "variational"])
@pytest.mark.parametrize(
    "cell",
    [
        *(Lstm(32), Lstm(64, peephole="full", layer_norm=True), Lstm(9, peephole=True)),
        *(Gru(32), Gru(9, reset="after", layer_norm=True), Rnn(64), Rnn(9, layer_norm=True)),
    ],
    ids=repr,
)
def test_a_tape_is_counted_to_the_byte(cell, noise: DropoutRates, kernels: str) -> None:
    model = CharModel(V, (cell, cell), 5, dropout=noise, learn_initial_state=True)
    for tracks, recompute in ((1, None), (12, None), (50, None), (12, 3), (12, 4)):
        p = plan(model=model, batches=Batches(part(2000), tracks, 11))
        p = replace(p, kernels=KERNELS[kernels](), recompute=recompute)
        assert tape_bytes(p, tracks, FLOAT32) == backprop_for(p, tracks, FLOAT32).nbytes


def test_what_is_hollow_takes_no_memory() -> None:
    tracemalloc.start()
    try:
        with shapes_only():
            for make in (empty, zeros):
                array = make((1000, 1000, 1000), FLOAT32)
                assert (array.shape, array.nbytes) == ((1000, 1000, 1000), 4 * 10**9)
        assert tracemalloc.get_traced_memory()[1] < 10_000
    finally:
        tracemalloc.stop()
    assert not zeros((3,), FLOAT32).any()


@pytest.mark.parametrize("shape", [(2**62, 2), (10**30,)])
def test_no_machine_has_so_much(shape: tuple[int, ...]) -> None:
    with pytest.raises(MemoryError):
        empty(shape, FLOAT32)


@pytest.mark.parametrize("size", [10**6, 10**12, 10**30])
def test_sizes_beyond_all_machines_are_counted_at_once(size: int) -> None:
    needs = footprint(plan(model=CharModel(V, (Lstm(size),))), FLOAT32, 4, 0)
    assert needs.total > 4 * 4 * size**2 * 4


def test_more_processes_need_more_memory() -> None:
    p = plan(batches=Batches(part(2000), 12, 11))
    one, two, three = (footprint(p, FLOAT32, n, 10**8) for n in (1, 2, 3))
    assert one.processes == 0
    assert 10**8 <= two.processes < 2 * 10**8 <= three.processes
    assert one.weights < two.weights < three.weights


MEASURE = """
import re, sys
from pathlib import Path
from charrnn import api
from charrnn.runs.memory import needs_of_run, total_of
from charrnn.runs.prepare import prepare
from charrnn.storage.machine import resident
config = api.load_config("empty.yaml", sys.argv[1:])
plan = prepare(config).plan
before = resident()
list(api.train(config))
peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
print((total_of(needs_of_run(config, plan)) + before) / peak, file=sys.stderr)
"""
LARGE = {
    "weights": ["model.hidden_size=900", "model.num_layers=1", "train.seq_length=4"],
    "rollback": [
        "model.hidden_size=900",
        "model.num_layers=1",
        "train={seq_length: 4, on_nonfinite: rollback}",
    ],
    "drawing": [
        "model={cell: rnn, hidden_size: 1200, num_layers: 1}",
        "optimizer=sgd",
        "train={batch_size: 2, seq_length: 4}",
    ],
    "activations": ["train={batch_size: 150, seq_length: 150}", "model.hidden_size=96"],
    "recompute": ["train={batch_size: 300, seq_length: 200, recompute: 20}"],
    "all": [
        "model={cell: {name: lstm, layer_norm: true, peephole: full}, hidden_size: 128}",
        "model.dropout=0.2",
        "model.zoneout=0.1",
        "model.weight_dropout=0.3",
        "train={average: 0.9, batch_size: 100, dtype: float64}",
    ],
}


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("name", LARGE)
def test_the_estimate_is_what_a_run_takes(charrnn, tmp_path, monkeypatch, name: str) -> None:
    monkeypatch.setenv("CHARRNN_KERNELS", "numpy")
    (tmp_path / "empty.yaml").write_text("")
    data = "data={path: data/fables.txt, split: [0.99, 0.005, 0.005]}"
    settings = [data, *LARGE[name], "train.max_steps=2", "output.dir=run"]
    command = [sys.executable, "-c", MEASURE, *settings]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 0.8 < float(ran.stderr) < 1.25
