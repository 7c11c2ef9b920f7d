"""Imports go down. Every module has a rank, and may import only modules of strictly lower rank."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "charrnn"

RANKS = {
    # what everybody may use
    "charrnn": 0,
    "charrnn.arrays": 0,
    "charrnn.errors": 0,
    "charrnn.files": 0,
    "charrnn.settings": 0,
    "charrnn.terminal": 0,
    "charrnn.colours": 1,
    # maths: arrays and sizes
    "charrnn.insight": 0,
    "charrnn.baselines": 1,
    "charrnn.initializers": 1,
    "charrnn.insight.names": 1,
    "charrnn.insight.peaks": 1,
    "charrnn.insight.signals": 1,
    "charrnn.insight.smoothing": 1,
    "charrnn.kernels.base": 1,
    "charrnn.ops": 1,
    "charrnn.params": 1,
    "charrnn.rng": 1,
    "charrnn.training.events": 1,
    "charrnn.insight.novelty": 2,
    "charrnn.insight.totals": 2,
    "charrnn.kernels.fused": 2,
    "charrnn.kernels.tiled": 2,
    "charrnn.layers": 2,
    "charrnn.layers.head": 2,
    "charrnn.layers.loss": 2,
    "charrnn.layers.noise": 2,
    "charrnn.layers.norm": 2,
    "charrnn.optim.clip": 2,
    "charrnn.optim.rules": 2,
    "charrnn.optim.schedules": 2,
    "charrnn.sampling.filters": 2,
    "charrnn.kernels.plain": 3,
    "charrnn.layers.dropout": 3,
    "charrnn.layers.past": 3,
    "charrnn.layers.projection": 3,
    "charrnn.layers.recurrence": 3,
    "charrnn.optim.average": 3,
    "charrnn.optim.disturb": 3,
    "charrnn.cells.base": 4,
    "charrnn.cells.peephole": 4,
    "charrnn.kernels.packed": 4,
    "charrnn.optim": 4,
    "charrnn.cells.gru": 5,
    "charrnn.cells.lstm": 5,
    "charrnn.cells.rnn": 5,
    "charrnn.kernels": 5,
    "charrnn.cells": 7,
    "charrnn.block": 8,
    "charrnn.model_tape": 9,
    "charrnn.model": 10,
    "charrnn.gradcheck": 11,
    "charrnn.insight.surprisal": 11,
    "charrnn.recompute": 11,
    "charrnn.sampling.generate": 11,
    "charrnn.training.dynamic": 11,
    "charrnn.training.evaluate_records": 11,
    "charrnn.training.message": 11,
    "charrnn.training.state": 11,
    "charrnn.insight.flow": 12,
    "charrnn.insight.spectrum": 12,
    "charrnn.sampling": 12,
    "charrnn.training.evaluate": 12,
    "charrnn.training.recovery": 12,
    "charrnn.training.snapshot": 12,
    "charrnn.insight.clipping": 13,
    "charrnn.insight.recall": 13,
    "charrnn.insight.stretches": 13,
    "charrnn.insight.textbook": 13,
    "charrnn.training.plan": 13,
    "charrnn.insight.activations": 14,
    "charrnn.insight.finding": 15,
    "charrnn.insight.saturation": 15,
    "charrnn.training.footprint": 16,
    "charrnn.training.loop": 16,
    "charrnn.training": 17,
    # matter: bytes to arrays and back, processes
    "charrnn.parallel": 0,
    "charrnn.archive": 1,
    "charrnn.header": 1,
    "charrnn.lock": 1,
    "charrnn.machine": 1,
    "charrnn.parallel.base": 1,
    "charrnn.parallel.choose": 1,
    "charrnn.parallel.launcher": 1,
    "charrnn.parallel.threads": 1,
    "charrnn.text.folding": 1,
    "charrnn.text.nearest": 1,
    "charrnn.text.stored": 1,
    "charrnn.parallel.local": 2,
    "charrnn.parallel.mpi": 2,
    "charrnn.text.part": 2,
    "charrnn.text.read": 2,
    "charrnn.text.batches": 3,
    "charrnn.text.locate": 3,
    "charrnn.text.source": 3,
    "charrnn.text.vocab": 3,
    "charrnn.text.utf8": 4,
    "charrnn.checkpoint": 4,
    "charrnn.text.encoded": 4,
    "charrnn.text.records": 4,
    "charrnn.rundir": 5,
    "charrnn.text.corpus": 5,
    "charrnn.text.windows": 5,
    "charrnn.text.dataset": 6,
    "charrnn.text.lined": 6,
    "charrnn.text": 7,
    # words: names, options, people
    "charrnn.listeners": 12,
    "charrnn.listeners.checkpoints": 12,
    "charrnn.listeners.metrics": 12,
    "charrnn.listeners.progress": 12,
    "charrnn.listeners.tensorboard": 13,
    "charrnn.pages": 13,
    "charrnn.pages.chart": 13,
    "charrnn.pages.packed": 13,
    "charrnn.pages.page": 13,
    "charrnn.pages.parts": 13,
    "charrnn.pictures": 13,
    "charrnn.pictures.figure": 13,
    "charrnn.config": 18,
    "charrnn.api.record": 19,
    "charrnn.build": 19,
    "charrnn.api.curves": 20,
    "charrnn.api.place": 20,
    "charrnn.api.runs": 20,
    "charrnn.api.team": 20,
    "charrnn.api.trained": 20,
    "charrnn.api.vocab": 20,
    "charrnn.api.memory": 21,
    "charrnn.api.outcomes": 21,
    "charrnn.api.resume": 21,
    "charrnn.api.sample": 21,
    "charrnn.api.score": 21,
    "charrnn.api.training_text": 21,
    "charrnn.api.transfer": 21,
    "charrnn.pictures.panels": 21,
    "charrnn.api.novelty": 22,
    "charrnn.api.prediction": 22,
    "charrnn.api.prepare": 22,
    "charrnn.api.surprisal": 22,
    "charrnn.api.watched": 22,
    "charrnn.pictures.blocks": 22,
    "charrnn.pictures.curves": 22,
    "charrnn.api.baselines": 23,
    "charrnn.api.comparing": 23,
    "charrnn.api.difference": 23,
    "charrnn.api.experiments": 23,
    "charrnn.api.flow": 23,
    "charrnn.api.follow": 23,
    "charrnn.api.gradients": 23,
    "charrnn.api.introduction": 23,
    "charrnn.api.units": 23,
    "charrnn.api.watching": 23,
    "charrnn.api.report": 24,
    "charrnn.api.training": 24,
    "charrnn.pictures.flow": 24,
    "charrnn.pictures.experiments": 25,
    "charrnn.api": 26,
    "charrnn.pages.course": 27,
    "charrnn.pages.inside": 27,
    "charrnn.pages.surprisal": 27,
    "charrnn.pages.units": 27,
    "charrnn.pages.report": 28,
    "charrnn.pages.difference": 29,
    "charrnn.cli.judged": 30,
    "charrnn.cli.output": 30,
    "charrnn.cli.signals": 30,
    "charrnn.cli.colour": 31,
    "charrnn.cli.bars": 32,
    "charrnn.cli.knobs": 32,
    "charrnn.cli.marked": 32,
    "charrnn.cli.session": 33,
    "charrnn.cli.surprisal": 33,
    "charrnn.cli.novelty": 34,
    "charrnn.cli.against": 35,
    "charrnn.cli.prompt": 35,
    "charrnn.cli.inside": 36,
    "charrnn.cli.units_view": 37,
    "charrnn.cli": 38,
    "charrnn.__main__": 39,
}

ONLY_HERE = {
    "yaml": {"charrnn.config"},
    "tqdm": {"charrnn.listeners.progress"},
    "click": {"charrnn.cli"},
    "numba": {"charrnn.kernels.fused", "charrnn.kernels.packed"},
    "matplotlib": {"charrnn.pictures.figure"},
    "plotext": {"charrnn.pictures.blocks"},
    "tensorboard": {"charrnn.listeners.tensorboard"},
    "mpi4py": {"charrnn.parallel.mpi", "charrnn.parallel.launcher"},
}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(name: str) -> set[str]:
    """Every module that `name` imports anywhere in its file, functions included."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            own = submodules & MODULES.keys()
            found |= own or {str(node.module)}
    return found


def rank_of(name: str) -> int:
    """Inside config and the commands, files are ordered among themselves by their own tests."""
    if name in RANKS:
        return RANKS[name]
    parent = name.rpartition(".")[0]
    return RANKS[parent] - 1


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_to_strictly_lower_ranks(name: str) -> None:
    for other in imports_of(name) & MODULES.keys():
        same_package = name.rpartition(".")[0] == other.rpartition(".")[0]
        lower = rank_of(other) < rank_of(name) or (same_package and name not in RANKS)
        assert lower, f"{name} (rank {rank_of(name)}) imports {other} (rank {rank_of(other)})"


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


@pytest.mark.parametrize("library", ONLY_HERE)
def test_a_library_of_words_is_imported_in_one_place(library: str) -> None:
    users = {name for name in MODULES if library in {i.split(".")[0] for i in imports_of(name)}}
    assert users, f"nobody imports {library}"
    for user in users:
        assert any(user == home or user.startswith(f"{home}.") for home in ONLY_HERE[library]), user


def test_every_rank_is_of_a_module() -> None:
    assert set(RANKS) <= set(MODULES)


def test_the_core_needs_four_packages_and_no_other() -> None:
    import sys

    roots = {i.split(".")[0] for name in MODULES for i in imports_of(name)}
    foreign = roots - set(sys.stdlib_module_names) - {"charrnn"}
    extras = {"mpi4py", "numba", "matplotlib", "plotext", "tensorboard"}
    assert foreign == {"numpy", "click", "tqdm", "yaml"} | extras


def test_the_package_has_no_way_into_the_network() -> None:
    ways = {"asyncio", "ftplib", "http", "socket", "socketserver", "smtplib", "ssl", "urllib"}
    for name in MODULES:
        assert not ways & {i.split(".")[0] for i in imports_of(name)}, name
