"""Find the runs that paths refer to, and short labels that distinguish them."""

import json
from collections.abc import Sequence
from os.path import realpath
from pathlib import Path

from charrnn.errors import DataError
from charrnn.storage.rundir import RunDir
from charrnn.terminal import one_line

MARKER = "compare.json"  # in the folder of a comparison: the names of its runs


def names_in(folder: Path) -> set[str]:
    """The names of the runs that comparisons have made in `folder`; none if there was none."""
    try:
        names = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return set()
    known = names if isinstance(names, list) else []
    return {name for name in known if isinstance(name, str) and Path(name).name == name}


def find_runs(paths: Sequence[str | Path]) -> list[Path]:
    """The run directories that `paths` refer to, each once; a comparison's folder is all its runs.

    Runs of a comparison that have not begun are left out. Raises DataError for anything else.
    """
    try:
        runs = [run for path in paths for run in _runs_at(Path(path))]
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror})") from None
    return [*{realpath(run): run for run in runs}.values()]


def _runs_at(path: Path) -> list[Path]:
    if RunDir(path).metrics.exists():
        return [path]
    names = names_in(path)
    begun = [path / name for name in sorted(names) if RunDir(path / name).metrics.exists()]
    if begun:
        return begun
    if names:
        raise DataError(f"{path}: of its {len(names)} runs none has begun")
    what = "it has no metrics.jsonl"
    if not path.is_dir():
        what = "it is not a folder" if path.exists() else "there is no such folder"
    raise DataError(
        f"{path}: not a run: {what}; name a run directory, or the folder of a comparison"
    )


def labels_of(runs: Sequence[Path]) -> list[str]:
    """A label for each run, in one line: its folder, with parents where two have the same name."""
    parts = [Path(realpath(run)).parts for run in runs]
    lengths = [next(n for n in range(1, len(own) + 1) if _is_alone(own, n, parts)) for own in parts]
    return [one_line("/".join(own[-n:])) for own, n in zip(parts, lengths, strict=True)]


def _is_alone(own: tuple[str, ...], n: int, others: Sequence[tuple[str, ...]]) -> bool:
    """Whether no other path ends in the last `n` parts of `own`."""
    return n == len(own) or sum(other[-n:] == own[-n:] for other in others) == 1
