"""A run that needs more memory than there is: refused before anything is made, unless forced."""

from pathlib import Path

import pytest

from charrnn import api
from charrnn.storage import machine

CONFIG = """\
data: {path: text.txt, split: [0.8, 0.1, 0.1]}
model: {hidden_size: 8, num_layers: 1}
train: {batch_size: 2, seq_length: 8, max_steps: 2}
output: {dir: run}
"""


@pytest.fixture(autouse=True)
def _files(charrnn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARRNN_KERNELS", "numpy")
    Path("config.yaml").write_text(CONFIG)
    Path("text.txt").write_text("the cat sat on the mat\n" * 20)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has next to nothing left."""
    monkeypatch.setattr(machine, "available_memory", lambda: 2000)


HUGE = {
    "model.hidden_size=1000000": "a smaller model.hidden_size (1000000)",
    "model.hidden_size=1000000000000": "a smaller model.hidden_size (1000000000000)",
    "model.embedding_size=1000000000000": "a smaller model.embedding_size (1000000000000)",
    "model={hidden_size: 30000, num_layers: 1000}": "or model.num_layers (1000)",
    "train.seq_length=9000000000000000000": None,
}


@pytest.mark.parametrize("command", ["train", "gradcheck", "compare", "gradients"])
@pytest.mark.parametrize("setting", HUGE)
def test_a_network_of_absurd_size_is_refused(charrnn, setting: str, command: str) -> None:
    ran = charrnn(command, "config.yaml", "--set", setting)
    if HUGE[setting] is None:
        assert ran.code == 0  # the text makes it small
        return
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: this needs about ")
    assert " GiB of memory, and there are " in ran.err
    assert "insist with --force" in ran.err
    assert ran.err.count("\n") == 1
    assert HUGE[setting] in ran.err or command != "train"
    assert not Path("run").exists()


def test_what_even_force_cannot_have_is_one_line(charrnn) -> None:
    huge = ("--set", "model.hidden_size=1000000000000", "--force")
    for command in ("train", "gradcheck", "gradients"):
        ran = charrnn(command, "config.yaml", *huge)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("error: out of memory (an array of ")
        assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("train.seed=1", "of it is for evaluations and checkpoints; use a smaller model.hidden"),
        ("train.batch_size=50", "use a smaller train.batch_size (45) or train.seq_length (8) or"),
        ("model.hidden_size=300", "is for the weights, with their gradients"),
        ("train={workers: 2, batch_size: 2, max_steps: 1}", "use fewer train.workers (2)"),
    ],
)
def test_the_largest_part_and_its_setting_are_told(charrnn, tiny, setting: str, said: str) -> None:
    ran = charrnn("train", "config.yaml", "--set", setting)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert not Path("run").exists()


def test_force_is_stronger_and_says_so(charrnn, tiny) -> None:
    assert charrnn("train", "config.yaml").code == 2
    ran = charrnn("train", "config.yaml", "--force")
    assert ran.code == 0
    assert "note        this needs about" in ran.err
    for command in ("gradcheck", "gradients"):
        assert charrnn(command, "config.yaml").code == 2
        assert charrnn(command, "config.yaml", "--force").code == 0


def test_force_still_replaces_a_run_and_nothing_else_does(charrnn) -> None:
    assert charrnn("train", "config.yaml").code == 0
    assert "already holds a run" in charrnn("train", "config.yaml").err
    assert charrnn("train", "config.yaml", "--force").code == 0


def test_a_run_that_was_let_in_goes_on(charrnn, tiny) -> None:
    charrnn("train", "config.yaml", "--force")
    ran = charrnn("train", "config.yaml", "--resume", "--max-steps", "3")
    assert ran.code == 0
    assert "note        this needs about" in ran.err


def test_the_limit_of_a_process_counts_too(charrnn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "address_space", lambda: 2000)
    ran = charrnn("train", "config.yaml")
    assert ran.code == 2
    assert "ulimit -v leaves a process 0.0 MiB" in ran.err


def test_where_the_system_tells_nothing_nothing_is_refused(charrnn, monkeypatch) -> None:
    monkeypatch.setattr(machine, "available_memory", lambda: None)
    assert charrnn("train", "config.yaml").code == 0


def test_variants_side_by_side_share_the_memory(charrnn, monkeypatch: pytest.MonkeyPatch) -> None:
    one = api.load_config("config.yaml")
    from charrnn.runs.memory import needs_of_run, total_of
    from charrnn.runs.prepare import prepare

    needs = total_of(needs_of_run(one, prepare(one).plan)) + machine.resident()
    monkeypatch.setattr(machine, "available_memory", lambda: int(1.5 * needs))
    vary = ("compare", "config.yaml", "--vary", "train.seed=1,2", "--quiet")
    ran = charrnn(*vary, "--jobs", "2")
    assert ran.code == 2
    assert "for 2 variants at a time; use fewer --jobs" in ran.err
    assert charrnn(*vary, "--jobs", "1").code == 0
    assert charrnn(*vary, "--jobs", "2").code == 0  # finished already: nothing is trained
    assert charrnn(*vary, "--jobs", "2", "--set", "train.max_steps=1", "--force").code == 0
