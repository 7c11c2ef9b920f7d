"""A standard output that cannot be written to."""

import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = """\
data: {path: text.txt}
model: {hidden_size: 8}
train: {max_epochs: null, max_steps: 2, eval_every: 2}
output: {dir: run}
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")


@posix
@pytest.mark.parametrize("where", ["> /dev/full", ">&-"])
def test_one_line_says_that_it_cannot_be_written(charrnn, where: str) -> None:
    if where.endswith("full") and not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    Path("config.yaml").write_text(CONFIG)
    Path("text.txt").write_text("the cat sat on the mat; the dog sat on the log.\n" * 40)
    assert charrnn("train", "config.yaml", "--quiet").code == 0
    for command in ("sample run -n 20", "score run text.txt", "vocab text.txt"):
        line = f"{sys.executable} -m charrnn {command} {where}"
        ran = subprocess.run(line, shell=True, stderr=subprocess.PIPE, text=True, timeout=60)
        assert ran.returncode == 2
        assert ran.stderr.startswith("error: standard output cannot be written (")
        assert ran.stderr.count("\n") == 1
