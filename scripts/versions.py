"""Run the tests with the oldest versions that pyproject.toml allows, or the newest; audit them.

    python scripts/versions.py oldest
    python scripts/versions.py newest -k checkpoint
    python scripts/versions.py audit
    python scripts/versions.py sbom > charrnn.cdx.json

Each in a fresh virtual environment of this Python. `audit` looks the newest versions up in the
advisory database of PyPI, with pip-audit; `sbom` lists them in CycloneDX. Arguments after `oldest`
and `newest` are those of pytest.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
AUDIT = ("-m", "pip_audit", "--progress-spinner", "off", "--requirement")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["oldest", "newest", "audit", "sbom"])
    what, more = parser.parse_known_args()
    needed = PROJECT["dependencies"]
    tools = PROJECT["optional-dependencies"]["test"]
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder))
        match what.what:
            case "oldest":
                install(python, [oldest(one) for one in (*needed, *tools)])
                return test(python, more)
            case "newest":
                install(python, ["--upgrade", *needed, *tools])
                return test(python, more)
            case audit_or_sbom:
                install(python, ["pip-audit"])
                listed = Path(folder, "requirements.txt")
                listed.write_text("\n".join(needed))
                form = ["--format", "cyclonedx-json"] if audit_or_sbom == "sbom" else []
                return subprocess.run([python, *AUDIT, str(listed), *form]).returncode


def oldest(requirement: str) -> str:
    """`numpy>=2.0` as `numpy==2.0`."""
    bound = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement)
    if bound is None:
        raise SystemExit(f"{requirement}: has no lower bound that could be tested")
    return f"{bound[1]}=={bound[2]}"


def environment(folder: Path) -> str:
    """A new one; gives its Python."""
    venv.create(folder, with_pip=True)
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def install(python: str, what: list[str]) -> None:
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *what], check=True)


def test(python: str, more: list[str]) -> int:
    subprocess.run([python, "-m", "pip", "freeze"], check=True)
    command = [python, "-m", "pytest", "--numprocesses", "auto", *more]
    path = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **path}).returncode


if __name__ == "__main__":
    sys.exit(main())
