"""Imports go down: each package has a rank, and there is no cycle. A test lists all violations."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "charrnn"

# From the lowest to the highest: a package imports only from rows above its own, and from itself.
RANKS = (
    ("errors", "settings", "terminal"),
    ("nn",),
    ("optim", "parallel", "sampling", "storage"),
    ("text",),
    ("draw", "training"),
    ("config", "listeners"),
    ("runs",),
    ("studies",),
    ("api",),
    ("cli",),
    ("__main__",),
)
RANK_OF = {package: rank for rank, row in enumerate(RANKS) for package in row}

# Inside a study: the maths knows no model's files, and no view is known to what it shows.
VIEWS = ("terminal", "page", "picture")

# The only importers of a library, by the beginning of their names.
ONLY_HERE = {
    "yaml": ("charrnn.config.",),
    "tqdm": ("charrnn.listeners.progress",),
    "click": ("charrnn.cli", "charrnn.draw.", "charrnn.studies."),
    "numba": tuple(f"charrnn.nn.kernels.{name}" for name in ("compiled", "fused", "mkl")),
    "matplotlib": ("charrnn.draw.figure",),
    "plotext": ("charrnn.studies.curves.terminal",),
    "tensorboard": ("charrnn.listeners.tensorboard",),
    "mpi4py": ("charrnn.parallel.mpi", "charrnn.parallel.launcher"),
}
EXTRAS = {"mpi4py", "numba", "matplotlib", "plotext", "tensorboard"}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def imports_of(name: str) -> set[str]:
    """Every module that `name` imports anywhere in its file, functions included."""
    imported = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            own = submodules & MODULES.keys()
            imported |= own or {str(node.module)}
    return imported


def pairs() -> list[tuple[str, str]]:
    """Every import of one of the package's modules by another."""
    return [(name, other) for name in MODULES for other in imports_of(name) & MODULES.keys()]


def test_every_package_has_a_rank() -> None:
    packages = {name.split(".")[1] for name in MODULES if "." in name}
    assert packages == RANK_OF.keys()


def test_the_map_in_contributing_has_every_package_in_its_row() -> None:
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ((?:`\w+` ?)+) \|", text, re.MULTILINE)
    listed = {name: int(row) - 1 for row, names in rows for name in re.findall(r"\w+", names)}
    assert listed == RANK_OF


def test_packages_import_only_lower_ranks() -> None:
    def allowed(name: str, other: str) -> bool:
        if other == "charrnn":
            return True
        above, below = name.split(".")[1], other.split(".")[1]
        return above == below or RANK_OF[below] < RANK_OF[above]

    violations = [f"{name} imports {other}" for name, other in pairs() if not allowed(name, other)]
    assert violations == []


def test_in_a_study_no_view_is_imported_by_what_it_shows() -> None:
    def is_view(name: str) -> bool:
        return name.rpartition(".")[2].startswith(VIEWS)

    violations = [
        f"{name} imports {other}"
        for name, other in pairs()
        if other.startswith("charrnn.studies.")
        and is_view(other)
        and name.rpartition(".")[2] in ("maths", "study")
    ]
    assert violations == []


def test_there_is_no_cycle() -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        if name not in done:
            for other in imports_of(name) & MODULES.keys():
                visit(other, (*path, name))
            done.add(name)

    for name in MODULES:
        visit(name, ())


def test_a_library_is_imported_in_one_place() -> None:
    users = {
        library: {
            name for name in MODULES if library in {i.split(".")[0] for i in imports_of(name)}
        }
        for library in ONLY_HERE
    }
    assert all(users.values()), users
    violations = [
        f"{user} imports {library}"
        for library, modules in users.items()
        for user in modules
        if not f"{user}.".startswith(ONLY_HERE[library])
    ]
    assert violations == []


def test_the_core_needs_four_packages_and_no_other() -> None:
    roots = {i.split(".")[0] for name in MODULES for i in imports_of(name)}
    foreign = roots - set(sys.stdlib_module_names) - {"charrnn"}
    assert foreign == {"numpy", "click", "tqdm", "yaml"} | EXTRAS


def test_the_package_has_no_way_into_the_network() -> None:
    ways = {"asyncio", "ftplib", "http", "socket", "socketserver", "smtplib", "ssl", "urllib"}
    for name in MODULES:
        assert not ways & {i.split(".")[0] for i in imports_of(name)}, name
