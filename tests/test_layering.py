"""Imports go down. Every module has a rank, and may import only modules of strictly lower rank."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "charrnn"

RANKS = {
    "charrnn": 0,
    "charrnn.errors": 0,
    "charrnn.arrays": 0,
    "charrnn.settings": 0,
    "charrnn.files": 0,
    "charrnn.lock": 1,
    "charrnn.terminal": 0,
    # maths: arrays and sizes
    "charrnn.rng": 1,
    "charrnn.ops": 1,
    "charrnn.params": 1,
    "charrnn.initializers": 1,
    "charrnn.layers": 2,
    "charrnn.layers.projection": 3,
    "charrnn.layers.noise": 2,
    "charrnn.layers.norm": 2,
    "charrnn.layers.dropout": 3,
    "charrnn.layers.past": 3,
    "charrnn.layers.recurrence": 3,
    "charrnn.layers.head": 2,
    "charrnn.layers.loss": 2,
    "charrnn.kernels.base": 1,
    "charrnn.kernels.tiled": 2,
    "charrnn.kernels.plain": 3,
    "charrnn.kernels.fused": 2,
    "charrnn.kernels.packed": 4,
    "charrnn.kernels": 5,
    "charrnn.cells.base": 4,
    "charrnn.cells.rnn": 5,
    "charrnn.cells.lstm": 5,
    "charrnn.cells.gru": 5,
    "charrnn.cells.peephole": 4,
    "charrnn.cells": 7,
    "charrnn.optim.rules": 2,
    "charrnn.optim.schedules": 2,
    "charrnn.optim.clip": 2,
    "charrnn.optim.average": 3,
    "charrnn.optim.disturb": 3,
    "charrnn.optim": 4,
    "charrnn.block": 8,
    "charrnn.model_tape": 8.5,
    "charrnn.model": 9,
    "charrnn.recompute": 10,
    "charrnn.baselines": 1,
    "charrnn.insight.smoothing": 1,
    "charrnn.gradcheck": 10,
    "charrnn.insight": 0,
    "charrnn.insight.names": 1,
    "charrnn.insight.novelty": 2,
    "charrnn.insight.surprisal": 10,
    "charrnn.insight.totals": 2,
    "charrnn.insight.stretches": 12,
    "charrnn.insight.activations": 12.1,
    "charrnn.insight.saturation": 12.2,
    "charrnn.insight.finding": 12.2,
    "charrnn.insight.peaks": 1,
    "charrnn.insight.signals": 1,
    # matter: bytes to arrays and back
    "charrnn.header": 1,
    "charrnn.archive": 1,
    "charrnn.checkpoint": 4,
    "charrnn.rundir": 5,
    "charrnn.text.folding": 1,
    "charrnn.text.nearest": 1,
    "charrnn.text.stored": 1,
    "charrnn.text.part": 2,
    "charrnn.text.batches": 3,
    "charrnn.text.records": 4,
    "charrnn.text.read": 2,
    "charrnn.text.vocab": 3,
    "charrnn.text.source": 3,
    "charrnn.text.locate": 3,
    "charrnn.text.encoded": 4,
    "charrnn.text.corpus": 5,
    "charrnn.text.dataset": 6,
    "charrnn.text.lined": 6,
    "charrnn.text": 7,
    "charrnn.machine": 1,
    # what both are for
    "charrnn.parallel": 0,
    "charrnn.parallel.base": 1,
    "charrnn.parallel.threads": 1,
    "charrnn.parallel.choose": 1,
    "charrnn.parallel.launcher": 1,
    "charrnn.parallel.mpi": 2,
    "charrnn.parallel.local": 2,
    "charrnn.sampling.filters": 2,
    "charrnn.sampling.generate": 10,
    "charrnn.sampling": 11,
    "charrnn.training.events": 1,
    "charrnn.training.state": 10,
    "charrnn.training.message": 10,
    "charrnn.training.recovery": 11,
    "charrnn.training.plan": 12,
    "charrnn.training.snapshot": 11,
    "charrnn.training.evaluate_records": 10,
    "charrnn.training.dynamic": 10,
    "charrnn.training.evaluate": 11,
    "charrnn.training.loop": 13,
    "charrnn.training.footprint": 13,
    "charrnn.training": 14,
    "charrnn.text.windows": 5,
    "charrnn.insight.flow": 11,
    "charrnn.insight.spectrum": 11,
    "charrnn.insight.textbook": 12,
    "charrnn.insight.clipping": 12,
    "charrnn.insight.recall": 12,
    # words: names, options, people
    "charrnn.config": 15,
    "charrnn.listeners": 11,
    "charrnn.listeners.metrics": 11,
    "charrnn.listeners.checkpoints": 11,
    "charrnn.listeners.progress": 11,
    "charrnn.listeners.tensorboard": 12,
    "charrnn.build": 16,
    "charrnn.api.trained": 17,
    "charrnn.api.vocab": 17,
    "charrnn.api.score": 18,
    "charrnn.api.sample": 18,
    "charrnn.api.prediction": 19,
    "charrnn.api.training_text": 18,
    "charrnn.api.novelty": 19,
    "charrnn.api.transfer": 18,
    "charrnn.api.resume": 18,
    "charrnn.api.team": 17,
    "charrnn.api.memory": 18,
    "charrnn.api.prepare": 19,
    "charrnn.api.introduction": 20,
    "charrnn.api.watching": 20,
    "charrnn.api.place": 17,
    "charrnn.api.record": 16,
    "charrnn.api.curves": 17,
    "charrnn.api.runs": 17,
    "charrnn.api.outcomes": 18,
    "charrnn.api.comparing": 20,
    "charrnn.api.surprisal": 19,
    "charrnn.api.difference": 20,
    "charrnn.api.baselines": 20,
    "charrnn.api.gradients": 20,
    "charrnn.api.flow": 20,
    "charrnn.api.experiments": 20,
    "charrnn.api.follow": 20,
    "charrnn.api.training": 21,
    "charrnn.api.watched": 19,
    "charrnn.api.units": 20,
    "charrnn.api.report": 21,
    "charrnn.api": 22,
    "charrnn.colours": 1,
    "charrnn.pages": 12,
    "charrnn.pages.page": 12,
    "charrnn.pages.chart": 12,
    "charrnn.pages.packed": 12,
    "charrnn.pages.parts": 12,
    "charrnn.pages.surprisal": 22.5,
    "charrnn.pages.course": 22.5,
    "charrnn.pages.inside": 22.5,
    "charrnn.pages.report": 22.6,
    "charrnn.pages.difference": 22.7,
    "charrnn.pages.units": 22.5,
    "charrnn.pictures": 12,
    "charrnn.pictures.figure": 12,
    "charrnn.pictures.panels": 18,
    "charrnn.pictures.curves": 19,
    "charrnn.pictures.blocks": 19,
    "charrnn.pictures.flow": 21,
    "charrnn.pictures.experiments": 21.5,
    "charrnn.cli.output": 23,
    "charrnn.cli.judged": 23,
    "charrnn.cli.colour": 23.1,
    "charrnn.cli.marked": 23.2,
    "charrnn.cli.surprisal": 23.4,
    "charrnn.cli.against": 23.6,
    "charrnn.cli.inside": 23.8,
    "charrnn.cli.units_view": 24,
    "charrnn.cli.signals": 23,
    "charrnn.cli.novelty": 23.5,
    "charrnn.cli.knobs": 23.2,
    "charrnn.cli.bars": 23.2,
    "charrnn.cli.session": 23.4,
    "charrnn.cli.prompt": 23.6,
    "charrnn.cli": 25,
    "charrnn.__main__": 26,
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
