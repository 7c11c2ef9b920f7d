"""At run time nothing is looked up, and nobody is called."""

import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = """\
data: {path: text.txt}
model: {hidden_size: 8}
train: {max_epochs: null, max_steps: 4, eval_every: 2}
output: {dir: run}
"""
WATCHED = """\
import sys
def watch(event, arguments):
    if event.startswith(("socket.getaddrinfo", "socket.gethostby", "urllib", "http.client")):
        raise SystemExit(f"{event} {arguments}")
    if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        raise SystemExit(f"{event} {arguments}")
if __name__ == "__main__":
    sys.addaudithook(watch)
    from charrnn.cli import main
    main()
"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(CONFIG)
    Path("text.txt").write_text("the cat sat on the mat; the dog sat on the log.\n" * 40)
    Path("watched.py").write_text(WATCHED)


def watched(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "watched.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


def test_no_command_asks_the_network() -> None:
    for arguments in (
        ("train", "config.yaml", "--workers", "2"),
        ("sample", "run", "-n", "20"),
        ("score", "run", "text.txt", "--baselines"),
        ("vocab", "text.txt"),
        ("config", "check", "config.yaml"),
        ("gradcheck", "config.yaml"),
    ):
        ran = watched(*arguments)
        assert ran.returncode == 0, ran.stderr


def test_the_watch_would_notice() -> None:
    asking = WATCHED.replace("from charrnn.cli import main", "import socket").replace(
        "main()", "socket.create_connection(('192.0.2.1', 9), timeout=1)"
    )
    Path("watched.py").write_text(asking)
    assert "socket.getaddrinfo" in watched().stderr
