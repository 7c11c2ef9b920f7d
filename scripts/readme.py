"""Write what is generated into README.md: the config reference, and the benchmark's figures."""

import json
import sys
from pathlib import Path

from charrnn.config import reference_table

sys.path.insert(0, str(Path(__file__).parent))
from bench_table import tables

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
MEASURED = ROOT / "scripts/bench.json"  # scripts/bench.py --json scripts/bench.json


def generated(text: str) -> str:
    """The README with fresh contents between its markers."""
    text = _between("config reference", reference_table(), text)
    return _between("benchmark", tables(json.loads(MEASURED.read_text(encoding="utf-8"))), text)


def _between(name: str, contents: str, text: str) -> str:
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n{contents.strip()}\n\n{end}{after}"


if __name__ == "__main__":
    README.write_text(generated(README.read_text(encoding="utf-8")), encoding="utf-8")
