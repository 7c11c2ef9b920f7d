"""Transcripts in the READMEs: commands that are run, their output, and the machine it comes from.

A transcript lies between `<!-- session: begin -->` and `<!-- session: end -->`, as a code block
whose commands begin with `$ `. `<!-- session 8 5: begin -->` keeps the first 8 and the last 5 lines
of each command's output. A `machine` block names the machine that ran them.
"""

import math
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
SESSION = re.compile(
    r"(<!-- session(?: (\d+) (\d+))?: begin -->\n).*?\n```\n(.*?)```\n.*?(<!-- session: end -->\n)",
    re.DOTALL,
)
MACHINE = re.compile(r"(<!-- machine: begin -->\n).*?(<!-- machine: end -->\n)", re.DOTALL)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
TOLERANCE = (
    0.1  # of a loss: other machines round sums in another order, and training amplifies that
)


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder with the project's configs and texts, in which transcripts are run."""
    with tempfile.TemporaryDirectory() as path:
        for name in ("configs", "data"):
            (Path(path) / name).symlink_to(ROOT / name, target_is_directory=True)
        yield Path(path)


def refreshed(text: str, where: Path) -> str:
    """A document whose commands have been run in `where`, one after the other."""

    def rerun(match: re.Match[str]) -> str:
        first, last = (int(number) if number else None for number in match.group(2, 3))
        output = "\n".join(
            f"$ {command}\n{_excerpt(run(command, where), first, last)}"
            for command in commands(match[4])
        )
        return f"{match[1]}\n```\n{output.rstrip()}\n```\n\n{match[5]}"

    text = SESSION.sub(rerun, text)
    return MACHINE.sub(lambda match: f"{match[1]}\n{machine()}\n\n{match[2]}", text)


def commands(block: str) -> list[str]:
    """The commands of a transcript. A line that ends in a backslash continues on the next one."""
    joined = re.findall(r"^\$ ((?:.*\\\n)*.*)$", block, re.MULTILINE)
    return [command.strip() for command in joined]


def run(command: str, where: Path) -> str:
    """The output of a command of a transcript, stdout and stderr together, without blank ends."""
    scripts = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "CHARRNN_KERNELS": "numpy",
        "CHARRNN_CACHE": str(where / "cache"),
        "COLUMNS": "80",
        "NO_COLOR": "1",
    }
    ran = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{command}"],
        cwd=where,
        env=environment,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    lines = [line.rstrip() for line in ran.stdout.splitlines()]
    return "\n".join(lines).strip("\n")


def _excerpt(output: str, first: int | None, last: int | None) -> str:
    lines = output.splitlines()
    if first is not None and last is not None and len(lines) > first + last + 1:
        lines[first : len(lines) - last] = ["..."]
    return "\n".join([*lines, ""])


def machine() -> str:
    """One sentence: processor, cores, instruction set, versions, kernels."""
    info = Path("/proc/cpuinfo")
    cpu = info.read_text(encoding="utf-8") if info.exists() else ""
    name = re.search(r"model name\s*: (.*)", cpu)
    sets = [known for known in ("avx2", "avx512f") if known in cpu.split()]
    vector = {"avx512f": "AVX-512", "avx2": "AVX2 without AVX-512"}.get(sets[-1] if sets else "")
    cores = f"{os.cpu_count()} cores of {name[1] if name else 'a processor'}"
    return (
        f"The transcripts were run on {cores} ({vector or 'no AVX2'}),"
        f" {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, NumPy {version('numpy')}, NumPy kernels."
    )


def differences(before: str, after: str) -> Iterator[str]:
    """Lines with losses that differ by more than TOLERANCE, or in more than their numbers."""
    old, new = (
        [line for match in SESSION.finditer(text) for line in losses(match[4])]
        for text in (before, after)
    )
    if len(old) != len(new):
        yield f"{len(old)} lines with losses, now {len(new)}"
    for was, now in zip(old, new, strict=False):
        if not similar(was, now):
            yield f"was {was!r}, now {now!r}"


def losses(output: str) -> list[str]:
    """The lines of an output that report a loss."""
    return [line for line in output.splitlines() if "nats/char" in line]


def similar(was: str, now: str) -> bool:
    """Whether two lines have the same words, and numbers that differ by at most TOLERANCE."""

    def numbers(line: str) -> list[float]:
        return [float(number.replace(",", "")) for number in NUMBER.findall(line)]

    if NUMBER.sub("#", was).split() != NUMBER.sub("#", now).split():
        return False
    return all(
        math.isclose(a, b, abs_tol=TOLERANCE)
        for a, b in zip(numbers(was), numbers(now), strict=True)
    )
