"""The data script against a server of our own: whole, cut off, resumed, wrong."""

import hashlib
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
import get_data

CONTENT = bytes(range(256)) * 3000


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT: whole, by ranges, or only up to `cut`."""

    cut: int | None = None
    ranges = True
    asked: list[str | None] = []  # noqa: RUF012 - reset by the fixture

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        Handler.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if self.path != "/text":
            self.send_error(404)
            return
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : self.cut])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def text() -> Iterator[get_data.Text]:
    Handler.cut, Handler.ranges, Handler.asked = None, True, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/text"
    yield get_data.Text(url, hashlib.sha256(CONTENT).hexdigest(), "a test")
    server.shutdown()
    server.server_close()


def test_a_text_is_fetched_once(text: get_data.Text, tmp_path: Path) -> None:
    path = tmp_path / "new" / "text.txt"
    for _ in range(2):
        get_data.download(text, path)
        assert path.read_bytes() == CONTENT
    assert Handler.asked == [None]
    assert [one.name for one in path.parent.iterdir()] == ["text.txt"]


@pytest.mark.parametrize("ranges", [True, False])
def test_what_was_cut_off_goes_on(text: get_data.Text, tmp_path: Path, ranges: bool) -> None:
    path = tmp_path / "text.txt"
    Handler.cut, Handler.ranges = 100_000, ranges
    with pytest.raises(get_data.DownloadError, match="the same command goes on"):
        get_data.download(text, path)
    assert not path.exists()
    assert (tmp_path / "text.txt.part").read_bytes() == CONTENT[:100_000]
    Handler.cut = None
    get_data.download(text, path)
    assert path.read_bytes() == CONTENT
    assert Handler.asked == [None, "bytes=100000-"]


def test_a_part_that_is_whole_already(text: get_data.Text, tmp_path: Path) -> None:
    (tmp_path / "text.txt.part").write_bytes(CONTENT)
    get_data.download(text, tmp_path / "text.txt")
    assert (tmp_path / "text.txt").read_bytes() == CONTENT


def test_another_text_is_refused_and_leaves_nothing(text: get_data.Text, tmp_path: Path) -> None:
    with pytest.raises(get_data.DownloadError, match="SHA-256 differs"):
        get_data.download(text._replace(sha256="0" * 64), tmp_path / "text.txt")
    assert [*tmp_path.iterdir()] == []


def test_no_server_and_no_text(text: get_data.Text, tmp_path: Path) -> None:
    for url in ("http://127.0.0.1:9/text", text.url.replace("/text", "/none")):
        with pytest.raises(get_data.DownloadError, match=r"127\.0\.0\.1"):
            get_data.download(text._replace(url=url), tmp_path / "text.txt")


def test_the_list_and_a_name_that_is_not_on_it(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["get_data.py"])
    assert get_data.main() == 0
    assert "tinyshakespeare" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["get_data.py", "nothing"])
    with pytest.raises(SystemExit):
        get_data.main()
