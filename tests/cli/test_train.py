"""charrnn train: the run directory, resuming to the same bytes, and every refusal."""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from charrnn import api
from charrnn.errors import UsageError
from charrnn.nn.cells import CELLS
from charrnn.nn.kernels import installed
from charrnn.runs.checkpoints import read_checkpoint
from charrnn.storage.lock import locked
from tests.grid import thinned
from tests.plans import after_questions
from tests.runs import CONFIG, TEXT, digests, lines, steady
from tests.waiting import soon


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "text.txt").write_text(TEXT)


def trained(folder: Path, *overrides: str) -> Path:
    """A run of the config to its end, made in `folder`."""
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "text.txt").write_text(TEXT)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for _ in api.train(api.load_config("config.yaml", overrides)):
            pass
    return folder / "run"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of the config, made once."""
    return trained(tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="module")
def steady_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run with a rate that does not depend on where it ends, made once."""
    return trained(tmp_path_factory.mktemp("steady"), "schedule=constant")


@pytest.fixture
def run(charrnn, finished: Path) -> Path:
    """The finished run, to be changed."""
    return Path(shutil.copytree(finished, "run"))


def test_the_run_directory(charrnn) -> None:
    assert charrnn("train", "config.yaml").code == 0
    files = {p.relative_to("run").as_posix() for p in Path("run").rglob("*") if p.is_file()}
    assert files == {
        "config.yaml",
        "vocab.json",
        "metrics.jsonl",
        "best.npz",
        "last.npz",
        "checkpoints/step-00000050.npz",
        "checkpoints/step-00000060.npz",
    }


def test_the_record(run) -> None:
    start, *middle, test, finish = lines()
    n = len(TEXT)
    assert start["event"] == "start"
    assert (start["train_chars"], start["val_chars"], start["test_chars"]) == (
        int(0.8 * n),
        int(0.9 * n) - int(0.8 * n),
        n - int(0.9 * n),
    )
    assert start["vocab_size"] == len(set(TEXT))
    assert start["workers"] == 1
    steps = [line for line in middle if line["event"] == "step"]
    assert [line["step"] for line in steps] == list(range(1, 61))
    assert steps[0]["loss"] == pytest.approx(math.log(len(set(TEXT))), rel=0.1)
    evaluated = [line for line in middle if line["event"] == "eval"]
    assert [(e["step"], e["split"]) for e in evaluated] == [(20, "val"), (40, "val"), (60, "val")]
    assert evaluated[0]["bits_per_char"] == pytest.approx(evaluated[0]["loss"] / math.log(2))
    assert test["split"] == "test"
    best = min(evaluated, key=lambda e: e["loss"])
    assert (finish["reason"], finish["best_loss"], finish["best_step"]) == (
        "max_steps",
        best["loss"],
        best["step"],
    )


def test_plain_numpy_reads_a_checkpoint(run) -> None:
    with np.load("run/last.npz", allow_pickle=False) as file:
        header = json.loads(bytes(file["header"]).decode("utf-8"))
        assert header["step"] == 60
        assert header["config"]["model"]["hidden_size"] == 12
        assert header["vocabulary"]["symbols"] == sorted(map(ord, set(TEXT)))
        assert file["params/layers.1.Wh"].shape == (12, 48)
        assert set(header["arrays"]) | {"header"} == set(file.files)


STEADY = ("--set", "schedule=constant")


@pytest.mark.parametrize(
    "stops", thinned([[1], [24], [25], [26], [40], [59], [7, 8, 41]], [[1], [25], [7, 8, 41]])
)
def test_a_longer_run_has_the_bytes_of_one_that_never_paused(
    charrnn, steady_run: Path, stops: list[int]
) -> None:
    for n in [*stops, 60]:
        options = ("--out", "parts", "--resume", "--max-steps", str(n))
        assert charrnn("train", "config.yaml", *STEADY, *options).code == 0
    whole, parts = digests(steady_run), digests("parts")
    assert parts["last.npz"] == whole["last.npz"]
    assert parts["checkpoints/step-00000060.npz"] == whole["checkpoints/step-00000060.npz"]
    assert steady("parts") == steady(steady_run)


@pytest.mark.parametrize(
    "questions", thinned([1, 2, 15, 21, 22, 23, 30, 46, 64, 66, 68], [2, 21, 22, 23, 46, 66])
)
def test_a_run_interrupted_anywhere_ends_with_the_same_bytes(
    charrnn, finished: Path, questions: int
) -> None:
    config = api.load_config("config.yaml", ["output.dir=parts"])
    list(api.train(config, stop=after_questions(questions)))
    list(api.train(config, resume=True))
    assert digests("parts") == digests(finished)
    assert steady("parts") == steady(finished)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_saves_and_the_run_goes_on_to_the_same_bytes(
    charrnn, start, number: int, code: int
) -> None:
    process = start("train", "config.yaml", *STEADY, "--out", "parts", "--max-steps", "1000000")
    first = Path("parts/checkpoints/step-00000025.npz")
    assert soon(lambda: process.poll() is not None or first.exists())
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    interrupted = lines("parts")[-1]
    assert interrupted["reason"] == "interrupted"
    assert "--resume" in err
    options = ("--max-steps", str(interrupted["step"] + 10), "--quiet")
    assert (
        charrnn("train", "config.yaml", *STEADY, *options, "--out", "parts", "--resume").code == 0
    )
    charrnn("train", "config.yaml", *STEADY, *options, "--out", "whole")
    assert digests("parts")["last.npz"] == digests("whole")["last.npz"]
    assert steady("parts") == steady("whole")


def test_a_signal_while_the_text_is_read_ends_it_there(charrnn, start) -> None:
    Path("text.txt").write_text(TEXT * 8_000)
    process = start("train", "config.yaml", "--set", "data.lowercase=true")
    assert soon(lambda: process.poll() is not None or Path("run/.lock").exists())
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    assert not Path("run").exists()


@pytest.mark.parametrize("kernels", installed())
def test_same_seed_same_bytes_other_seed_other_bytes(charrnn, monkeypatch, kernels: str) -> None:
    monkeypatch.setenv("CHARRNN_KERNELS", kernels)
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        options = ("--max-steps", "20", "--set", f"train.seed={seed}")
        charrnn("train", "config.yaml", "--out", out, *options)
    assert digests("a") == digests("b")
    assert digests("a")["last.npz"] != digests("c")["last.npz"]


@pytest.mark.parametrize("kernels", installed()[1:])
@pytest.mark.parametrize("cell", CELLS)
def test_every_kernel_set_trains_to_the_same_losses(charrnn, monkeypatch, kernels, cell) -> None:
    losses = []
    for name in ("numpy", kernels):
        monkeypatch.setenv("CHARRNN_KERNELS", name)
        options = ("--out", name, "--max-steps", "20", "--set", f"model.cell={cell}")
        assert charrnn("train", "config.yaml", *options, "--quiet").code == 0
        losses.append([line["loss"] for line in lines(name) if line["event"] in ("step", "eval")])
    np.testing.assert_allclose(*losses, rtol=1e-8)


def test_a_model_that_has_learnt_nothing_is_told(charrnn) -> None:
    slow = ("--max-steps", "2", "--set", "optimizer.learning_rate=1e-6")
    said = "no better than symbol frequencies alone"
    assert said in charrnn("train", "config.yaml", *slow, "--out", "slow").err
    assert said not in charrnn("train", "config.yaml").err
    Path("same.txt").write_text("a" * 500)  # nothing can be better than a loss of zero
    one_symbol = ("--set", "data.path=same.txt", "--out", "same")
    assert said not in charrnn("train", "config.yaml", *one_symbol).err


def test_a_loss_beyond_bounds_is_short(charrnn) -> None:
    wild = ("--set", "optimizer={name: sgd, learning_rate: 1e25}", "--set", "train.eval_every=2")
    ran = charrnn("train", "config.yaml", *wild, "--max-steps", "4")
    assert re.search(r"^step 2  train \d\.?\d*e\+\d\d  validation", ran.err, re.MULTILINE)


def test_a_worse_model_never_replaces_the_best(charrnn, run) -> None:
    best = Path("run/best.npz").read_bytes()
    Path("run/last.npz").unlink()
    Path("run/checkpoints/step-00000060.npz").unlink()
    worse = ("--set", "optimizer.learning_rate=1e-9")
    assert charrnn("train", "config.yaml", "--resume", *worse).code == 0
    assert Path("run/best.npz").read_bytes() == best


@pytest.mark.parametrize("average", ["0.9", "0"])
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_best_file_that_is_lost_is_written_again(charrnn, damage: str, average: str) -> None:
    charrnn("train", "config.yaml", "--set", f"train.average={average}")
    best = read_checkpoint(Path("run/best.npz"))
    if damage == "missing":
        Path("run/best.npz").unlink()
    else:
        os.truncate("run/best.npz", 1000)
    ran = charrnn("train", "config.yaml", "--resume", "--set", f"train.average={average}")
    assert ran.code == 0
    assert f"{Path('run/best.npz')} was missing or damaged: written again" in ran.err
    again = read_checkpoint(Path("run/best.npz"))
    assert again.header["step"] == again.header["best_step"] == best.header["step"]
    for name in best.arrays:
        if name.startswith("params/"):
            np.testing.assert_array_equal(again.arrays[name], best.arrays[name])
    assert charrnn("score", "run", "text.txt").code == 0


def test_what_may_change_on_resume_changes_and_is_told(charrnn) -> None:
    charrnn("train", "config.yaml", "--max-steps", "10")
    options = ("--set", "optimizer.learning_rate=0.5", "--max-steps", "12")
    ran = charrnn("train", "config.yaml", "--resume", *options)
    assert ran.code == 0
    assert "changed: optimizer.learning_rate was 0.01, is 0.5" in ran.err
    assert "changed: train.max_steps was 10, is 12" in ran.err


def test_a_config_that_is_no_mapping_is_refused_with_overrides_too(charrnn) -> None:
    Path("config.yaml").write_text("- a\n")
    ran = charrnn("train", "config.yaml", "--max-steps", "1")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "found a list" in ran.err


def test_resume_without_a_run_begins_one(charrnn) -> None:
    assert charrnn("train", "config.yaml", "--resume").code == 0
    assert lines()[-1]["step"] == 60


def test_a_run_that_is_there_is_refused_unless_forced(charrnn, run) -> None:
    before = digests("run")
    ran = charrnn("train", "config.yaml")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert "--resume" in ran.err
    assert "--force" in ran.err
    assert digests("run") == before
    Path("run/mine.txt").write_text("not yours")
    assert charrnn("train", "config.yaml", "--force", "--max-steps", "5").code == 0
    assert Path("run/mine.txt").exists()
    assert lines()[-1]["step"] == 5
    assert not Path("run/checkpoints/step-00000060.npz").exists()


def test_a_second_run_in_one_folder_is_refused(charrnn, start) -> None:
    first = start("train", "config.yaml", "--max-steps", "1000000")
    try:
        assert soon(lambda: first.poll() is not None or Path("run/last.npz").exists())
        for more in (["--resume"], ["--force"], []):
            ran = charrnn("train", "config.yaml", *more)
            assert ran.code == 2
            assert f"another training run, process {first.pid}, is using this" in ran.err
            assert ran.err.count("\n") == 1
        assert charrnn("sample", "run/last.npz", "-n", "5").code == 0
    finally:
        first.kill()
        first.communicate()
    assert charrnn("train", "config.yaml", "--resume", "--max-steps", "1").code == 0


def test_a_lock_leaves_nothing_behind(charrnn) -> None:
    with locked(Path("a/b")):
        assert [p.name for p in Path("a/b").iterdir()] == [".lock"]
        with pytest.raises(UsageError, match=f"process {os.getpid()}"), locked(Path("a/b")):
            pass
    assert not Path("a/b").exists()
    with locked(Path("a/b")):
        Path("a/b/file").touch()
    assert [p.name for p in Path("a/b").iterdir()] == ["file"]


def test_init_from_matches_characters_by_what_they_are(charrnn, run) -> None:
    Path("text.txt").write_text(TEXT.replace("l", "é").replace(";", "").replace("dog", "DOG"))
    ran = charrnn(
        "train",
        "config.yaml",
        "--out",
        "second",
        "--init-from",
        "run",
        "--max-steps",
        "1",
        "--set",
        "optimizer={name: sgd, learning_rate: 1e-30}",
    )
    assert ran.code == 0
    assert "characters are new to them: 'D' 'G' 'O' 'é'" in ran.err
    old, new = api.load("run"), api.load("second")
    for c in "aeost. \n":
        a, b = old.vocabulary.encode(c)[0], new.vocabulary.encode(c)[0]
        np.testing.assert_array_equal(old.params["layers.0.Wx"][a], new.params["layers.0.Wx"][b])
        np.testing.assert_array_equal(old.params["head.Wy"][:, a], new.params["head.Wy"][:, b])
    np.testing.assert_array_equal(old.params["layers.1.Wh"], new.params["layers.1.Wh"])


def test_init_from_another_network_is_refused(charrnn, run) -> None:
    ran = charrnn(
        "train",
        "config.yaml",
        "--out",
        "second",
        "--init-from",
        "run",
        "--set",
        "model.hidden_size=13",
    )
    assert ran.code == 4
    assert "this network needs" in ran.err
    assert not Path("second").exists()


def test_a_small_text_shrinks_the_batch_with_one_warning(charrnn) -> None:
    Path("text.txt").write_text("to be or not to be")
    ran = charrnn("train", "config.yaml", "--set", "data.split=[1,0,0]", "--max-steps", "3")
    assert ran.code == 0
    assert ran.err.count("instead of") == 1
    assert "only 18 characters: train.batch_size is 1 instead of 4\n" in ran.err


def test_a_text_too_small_to_learn_from_is_refused(charrnn) -> None:
    Path("text.txt").write_text("ab")
    ran = charrnn("train", "config.yaml")
    assert ran.code == 3
    assert "data.split" in ran.err
    assert not Path("run").exists()


def test_without_validation_there_is_a_best_all_the_same(charrnn) -> None:
    ran = charrnn("train", "config.yaml", "--set", "data.split=[1,0,0]")
    assert ran.code == 0
    assert "no validation part" in ran.err
    assert Path("run/best.npz").exists()
    ran = charrnn(
        "train",
        "config.yaml",
        "--out",
        "second",
        "--set",
        "data.split=[1,0,0]",
        "--set",
        "train.patience=3",
    )
    assert ran.code == 2
    assert "train.patience" in ran.err


def test_the_strict_vocabulary_reports_what_is_unknown(charrnn) -> None:
    Path("text.txt").write_text(TEXT + "ÄÖÜ")
    ran = charrnn("train", "config.yaml", "--set", "data.vocabulary=train")
    assert ran.code == 0
    assert "unknown: 0 in validation, 3 in test" in ran.err
    assert api.load("run").vocabulary.has_unk


@pytest.mark.parametrize("level", ["char", "byte"])
def test_a_text_in_many_scripts(charrnn, level: str) -> None:
    options = ("--set", "data.path=data/voices.txt", "--set", f"data.level={level}")
    assert charrnn("train", "config.yaml", *options, "--max-steps", "5").code == 0
    ran = charrnn("sample", "run", "-n", "50", "--prime", "水")
    assert ran.code == 0
    assert ran.out.startswith("水")


def test_divergence_is_told_and_leaves_the_last_good_checkpoint(charrnn) -> None:
    wild = ("--set", "optimizer={name: sgd, learning_rate: 1e300}", "--set", "train.clip_norm=null")
    ran = charrnn("train", "config.yaml", *wild, "--set", "output.checkpoint_every=1")
    assert ran.code == 5
    assert ran.err.splitlines()[-1].startswith("error: training diverged after step")
    assert lines()[-1]["reason"] == "diverged"
    assert lines()[-2]["event"] == "not_finite"
    assert lines()[-2]["what"] in ran.err
    for path in Path("run").rglob("*.npz"):
        read_checkpoint(path)


def test_a_run_that_diverges_may_go_back_and_slow_down(charrnn) -> None:
    wild = ("--set", "model={cell: {name: rnn, activation: relu}, hidden_size: 12}")
    wild += (
        "--set",
        "optimizer={name: sgd, learning_rate: 2e100}",
        "--set",
        "train.clip_norm=null",
    )
    wild += ("--set", "train.on_nonfinite=rollback", "--set", "train.max_recoveries=400")
    ran = charrnn("train", "config.yaml", *wild, "--max-steps", "30")
    assert ran.code == 0
    assert "learning rate halved; back to step" in ran.err
    told = lines()
    backs = [line for line in told if line["event"] == "not_finite"]
    assert len(backs) > 5
    rates = [line["learning_rate"] for line in told if line["event"] == "step"]
    assert rates[-1] < rates[0] / 2 ** (len(backs) - 1)
    assert api.load("run/last.npz").step == 30


@pytest.mark.parametrize("name", ["2024", "no", "a: b", "x #y", "[1]", "näme 漢"])
def test_a_run_directory_of_any_name(charrnn, name: str) -> None:
    assert charrnn("train", "config.yaml", "--max-steps", "1", "--out", name).code == 0
    assert lines(name)[-1]["step"] == 1


def test_quiet_says_nothing(charrnn) -> None:
    assert charrnn("train", "config.yaml", "--quiet", "--max-steps", "20") == (0, "", "")


def test_no_bar_where_there_is_no_terminal(charrnn) -> None:
    ran = charrnn("train", "config.yaml")
    assert ran.out == ""
    assert "\r" not in ran.err
    assert "%|" not in ran.err
    assert ran.err.count("\n") < 20


def test_samples_now_and_then(charrnn) -> None:
    ran = charrnn("train", "config.yaml", "--set", "output.sample_every=30")
    assert "--- sample at step 30" in ran.err
    assert [line["step"] for line in lines() if line["event"] == "sample"] == [30, 60]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--workers", "many"], 2, "train.workers"),
        (["--set", "train.stride=99"], 2, "train.stride: found 99"),
        (["--set", "data.path=none.txt"], 3, "none.txt: there is no such file"),
        (["--set", "data.encoding=rot13"], 2, "data.encoding"),
        (["--init-from", "none"], 4, "none: there is no such file or run directory"),
        (["--resume", "--force"], 2, "--resume cannot be combined with"),
        (["--max-steps", "0"], 2, "train.max_steps"),
        (["--max-steps", "many"], 2, "not a valid integer"),
        (["--out", "text.txt"], 2, "text.txt: not a folder"),
        (["--frobnicate"], 2, "No such option"),
        (["--set", "data.min_count=100000"], 3, "data.min_count"),
    ],
)
def test_a_refusal_is_one_line(charrnn, arguments: list[str], code: int, said: str) -> None:
    ran = charrnn("train", "config.yaml", *arguments)
    assert ran.code == code
    assert said in ran.err
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert not Path("run").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs ulimit")
def test_a_full_disk_is_told_and_nothing_is_half_written(charrnn, start) -> None:
    charrnn("train", "config.yaml", "--out", "whole")
    limit = "ulimit -f 8; exec " + " ".join(
        [sys.executable, "-m", "charrnn", "train", "config.yaml", "--quiet"]
    )
    ran = subprocess.run(["bash", "-c", limit], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert "cannot be written" in ran.stderr
    assert [p for p in Path("run").rglob("*") if p.name.endswith((".npz", ".tmp"))] == []
    assert charrnn("train", "config.yaml", "--resume").code == 0


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_bar_on_a_terminal(charrnn) -> None:
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    command = [sys.executable, "-m", "charrnn", "train", "config.yaml", "--max-steps", "400"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    shown = b""
    while True:
        try:
            shown += os.read(master, 65536)
        except OSError:
            break
    assert process.wait() == 0
    bars = [text for text in shown.decode("utf-8").split("\r") if "%|" in text]
    told = r"\d+%\|.+\| \d\d:\d\d<\d\d:\d\d epoch \d+\.\d\d  loss \d\.\d{3}  [\d,]+ chars/s"
    assert any(re.search(told, bar) for bar in bars)
