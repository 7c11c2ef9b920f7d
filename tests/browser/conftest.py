"""A browser, and pages opened in it, which must not complain of anything."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--window-size=1200,900",
)
# An observer of what is visible paints the text once the first frame has been drawn.
TWO_FRAMES = (
    "const done = arguments[0];"
    "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)));"
)
ACCESSIBLE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser that is driven by selenium."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    if not CHROMIUM or not DRIVER:
        pytest.skip("needs a browser: Debian's packages chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    profile = tmp_path_factory.mktemp("profile")
    for argument in (*QUIET, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    os.environ["SE_OFFLINE"] = "true"  # selenium looks for no driver in the network
    browser = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield browser
    browser.quit()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[[Path], Any]]:
    """Open a page; when the test ends, its console must be empty."""

    def open_page(path: Path) -> Any:
        chromium.get(path.resolve().as_uri())
        chromium.execute_async_script(TWO_FRAMES)
        return chromium

    yield open_page
    complaints = [entry["message"] for entry in chromium.get_log("browser")]
    assert complaints == []


@pytest.fixture
def complaints_of_axe(chromium: Any) -> Callable[[], list[str]]:
    """What axe, a checker of accessibility, has against the page that is open."""
    package = pytest.importorskip("axe_core_python", reason="needs axe-core-python")
    axe = Path(package.__path__[0], "axe.min.js").read_text(encoding="utf-8")

    def check() -> list[str]:
        chromium.execute_script(axe)
        found = chromium.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "const failed = (e) => done({violations: [{id: String(e), nodes: []}]});"
            "axe.run(document, {runOnly: arguments[0]}).then(done, failed);",
            ACCESSIBLE,
        )
        return [
            f"{one['id']}: {node['html'][:120]}"
            for one in found["violations"]
            for node in one["nodes"] or [{"html": ""}]
        ]

    return check
