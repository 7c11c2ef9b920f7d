"""Mutation tests: does a test fail where one place of the code is wrong?

    python scripts/mutants.py                          # a few mutants of every file of the table
    python scripts/mutants.py charrnn/nn/cells/gru.py --number 20 --seed 2

Each mutant changes one place: an operator, a comparison, a number, a call that is left out. The
tests of the table run on it until the first failure, in a copy of the repository. A mutant that
survives them is tried with every combination of the grids too (CHARRNN_TESTS=full): one that only
those find says that a grid was thinned too far. One that survives both is often equivalent to the
code; look at its line. For what the method is, see DeMillo, Lipton and Sayward (1978).
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
NETWORKS = ("contracts/test_cells.py", "contracts/test_windows.py")
TEXTS = ("unit/test_text_read.py", "unit/test_text_vocab.py", "unit/test_text_corpus.py")
RUNS = ("unit/test_training.py", "contracts/test_resume.py")
TABLE: dict[str, tuple[str, ...]] = {
    "charrnn/nn/cells/rnn.py": NETWORKS,
    "charrnn/nn/cells/lstm.py": NETWORKS,
    "charrnn/nn/cells/gru.py": NETWORKS,
    "charrnn/nn/cells/gru_steps.py": NETWORKS,
    "charrnn/nn/cells/peephole.py": NETWORKS,
    "charrnn/nn/layers/projection.py": NETWORKS,
    "charrnn/nn/layers/norm.py": NETWORKS,
    "charrnn/nn/layers/loss.py": NETWORKS,
    "charrnn/optim/rules.py": ("contracts/test_optimizers.py", "contracts/test_torch.py"),
    "charrnn/optim/clip.py": ("contracts/test_optimizers.py",),
    "charrnn/text/normalise.py": TEXTS[:1],
    "charrnn/text/read.py": TEXTS[:1],
    "charrnn/text/vocab.py": TEXTS[1:],
    "charrnn/text/corpus.py": TEXTS[2:],
    "charrnn/text/batches.py": ("unit/test_batches.py", *RUNS),
    "charrnn/training/snapshot.py": RUNS,
    "charrnn/training/loop.py": RUNS,
    "charrnn/config/keys.py": ("unit/test_config_schema.py", "unit/test_config_load.py"),
    "charrnn/config/reader.py": ("unit/test_config_schema.py", "unit/test_config_messages.py"),
}
OPERATORS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
FUNCTIONS = {"add": "subtract", "subtract": "add", "multiply": "add", "maximum": "minimum"}


class Mutant(NamedTuple):
    """One change of one file."""

    line: int
    words: str
    source: str


def mutants_of(source: str) -> Iterator[Mutant]:
    """Every mutant of a module's functions."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        for statement in function.body:
            for node in ast.walk(statement):
                for words, change, undo in _changes(node):
                    change()
                    yield Mutant(getattr(node, "lineno", 0), words, ast.unparse(tree))
                    undo()


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """What may be changed about a node: in words, how, and how back."""

    def replaced(name: str, value: object) -> tuple[Callable[[], None], Callable[[], None]]:
        old = getattr(node, name)
        return lambda: setattr(node, name, value), lambda: setattr(node, name, old)

    match node:
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op) if type(op) in OPERATORS:
            new = OPERATORS[type(op)]
            yield f"{type(op).__name__} to {new.__name__}", *replaced("op", new())
        case ast.Compare(ops=[op]) if type(op) in OPERATORS:
            new = OPERATORS[type(op)]
            yield f"{type(op).__name__} to {new.__name__}", *replaced("ops", [new()])
        case ast.Attribute(value=ast.Name(id="np"), attr=attr) if attr in FUNCTIONS:
            yield f"{attr} to {FUNCTIONS[attr]}", *replaced("attr", FUNCTIONS[attr])
        case ast.Constant(value=bool() as value):
            yield f"{value} to {not value}", *replaced("value", not value)
        case ast.Constant(value=int() | float() as value):
            yield f"{value} to {value + 1}", *replaced("value", value + 1)
        case ast.Expr(value=ast.Call() as call):
            nothing = ast.copy_location(ast.Constant(value=None), call)
            yield "call left out", *replaced("value", nothing)
        case ast.If(test=test):
            yield "condition negated", *replaced("test", ast.UnaryOp(ast.Not(), test))


def survives(copy: Path, tests: tuple[str, ...], full: bool) -> bool:
    """Whether no test fails, nor takes longer than two minutes."""
    paths = [f"tests/{test}" for test in tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", *paths]
    try:
        ran = subprocess.run(
            command,
            cwd=copy,
            env=environment | ({"CHARRNN_TESTS": "full"} if full else {}),
            capture_output=True,
            timeout=600 if full else 120,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return ran.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", default=list(TABLE), help="files of the table")
    parser.add_argument("--number", type=int, default=3, help="mutants per file")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    killed = tried = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("charrnn", "tests", "configs", "data", "scripts"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        for name in options.files:
            source = (ROOT / name).read_text(encoding="utf-8")
            mutants = list(mutants_of(source))
            chosen = random.Random(options.seed).sample(mutants, min(options.number, len(mutants)))
            for mutant in chosen:
                (copy / name).write_text(mutant.source, encoding="utf-8")
                verdict = "killed"
                if survives(copy, TABLE[name], full=False):
                    full = survives(copy, TABLE[name], full=True)
                    verdict = "SURVIVED" if full else "KILLED BY THE FULL GRIDS ONLY"
                tried, killed = tried + 1, killed + (verdict == "killed")
                print(f"{verdict:8}  {name}:{mutant.line}  {mutant.words}", flush=True)
            (copy / name).write_text(source, encoding="utf-8")
    print(f"{killed} of {tried} mutants killed")


if __name__ == "__main__":
    main()
