"""Paths that lead nowhere, or to what is no file: one line each, no waiting, nothing broken."""

import os
import stat
from pathlib import Path

import pytest

from charrnn import api

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs and devices")

CONFIG = """\
data: {path: text.txt, split: [1, 0, 0]}
model: {hidden_size: 4, num_layers: 1}
train: {batch_size: 2, seq_length: 8, max_steps: 1}
output: {dir: run}
"""
TEXT = "the cat sat on the mat\n" * 9
LONG = "x" * 300
ODD = ["fifo", "folder", "broken", "loop", "/dev/zero", "zero", LONG, "text.txt/below", ""]


@pytest.fixture(autouse=True)
def _files(charrnn) -> None:
    Path("config.yaml").write_text(CONFIG)
    Path("text.txt").write_text(TEXT)
    os.mkfifo("fifo")
    Path("folder").mkdir()
    for name, target in (("broken", "nothing"), ("loop", "loop"), ("zero", "/dev/zero")):
        Path(name).symlink_to(target)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, made once."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "text.txt").write_text(TEXT)
    given = [f"data.path={folder / 'text.txt'}", f"output.dir={folder / 'run'}"]
    for _ in api.train(api.parse_config(CONFIG, "config.yaml", given)):
        pass
    return folder / "run"


def assert_one_line(ran, code: int) -> None:
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("error: ")
    assert len(ran.err.splitlines()) == 1


READERS = {
    "config": (["train", "{}"], 2),
    "check": (["config", "check", "{}"], 2),
    "data.path": (["train", "config.yaml", "--set", "data.path={}"], 3),
    "vocab": (["vocab", "{}"], 3),
    "score": (["score", "{trained}", "{}"], 3),
    "prime": (["sample", "{trained}", "--prime-file", "{}"], 3),
    "checkpoint": (["sample", "{}"], 4),
    "init-from": (["train", "config.yaml", "--init-from", "{}"], 4),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("path", ODD, ids=lambda path: path[:20] or "empty")
def test_only_regular_files_are_read(charrnn, trained: Path, reader: str, path: str) -> None:
    arguments, code = READERS[reader]
    if reader == "data.path" and not path:
        code = 2  # the config itself says that it is empty
    assert_one_line(charrnn(*(a.format(path, trained=trained) for a in arguments)), code)
    assert not Path("run").exists()


@pytest.mark.parametrize("glob", ["*", "f*", "none*", "/dev/ze*"])
def test_a_glob_is_as_good_as_what_it_finds(charrnn, glob: str) -> None:
    assert_one_line(charrnn("vocab", glob), 3)


WRITERS = {
    "run": ["train", "config.yaml", "--quiet", "--out", "{}"],
    "vocab": ["vocab", "text.txt", "--out", "{}"],
    "init": ["config", "init", "{}", "--force"],
    "compare": ["compare", "config.yaml", "--quiet", "--out", "{}"],
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("path", ["fifo", "loop", LONG, "text.txt/below"], ids=lambda p: p[:20])
def test_only_what_can_be_a_file_is_written(charrnn, writer: str, path: str) -> None:
    assert_one_line(charrnn(*(argument.format(path) for argument in WRITERS[writer])), 2)
    assert stat.S_ISFIFO(Path("fifo").stat().st_mode)
    assert Path("text.txt").is_file()


@pytest.mark.parametrize("writer", ["vocab", "init"])
def test_a_folder_is_not_replaced_by_a_file(charrnn, writer: str) -> None:
    for path in ("folder", "/"):
        assert_one_line(charrnn(*(argument.format(path) for argument in WRITERS[writer])), 2)
    assert Path("folder").is_dir()


def test_what_a_link_leads_to_is_written_and_the_link_stays(charrnn) -> None:
    Path("old.json").write_text("old")
    Path("link").symlink_to("old.json")
    for link, target in (("link", "old.json"), ("broken", "nothing")):
        assert charrnn("vocab", "text.txt", "--out", link).code == 0
        assert Path(link).is_symlink()
        assert Path(target).read_text().startswith('{"format"')


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31mb", "a\u2028b", "a\rb", "\u202eab"])
def test_a_name_of_any_kind_leaves_the_message_one_line(charrnn, name: str) -> None:
    Path(name).write_bytes(b"not \xff utf-8")
    for arguments in (["vocab", name], ["train", name], ["sample", name], ["config", "init", name]):
        ran = charrnn(*arguments)
        assert ran.code in (2, 3, 4)
        assert len(ran.err.splitlines()) == 1
        assert ran.err.strip().isprintable()


def test_a_prime_is_read_as_texts_are(charrnn, trained: Path) -> None:
    Path("prime").write_bytes(b"\xef\xbb\xbfthe\r\n")
    assert charrnn("sample", str(trained), "--prime-file", "prime", "-n", "0").out == "the\n"
    Path("prime").write_bytes(b"the \xff")
    assert (
        "prime is not UTF-8 (byte 4" in charrnn("sample", str(trained), "--prime-file", "prime").err
    )
    Path("prime").write_bytes(b"a" * (2**20 + 1))
    assert_one_line(charrnn("sample", str(trained), "--prime-file", "prime"), 3)
