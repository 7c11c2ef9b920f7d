"""Search for a config or a text that ends in a traceback, guided by coverage.

Needs atheris (`pip install atheris`, Linux and macOS), which no other part of charrnn does.

    python scripts/fuzz.py config --minutes 10
    python scripts/fuzz.py text --minutes 10
    python scripts/fuzz.py config --input crash-0123    # repeat a finding

Anything but a CharrnnError, a warning included, is a finding: it is shown with its traceback, its
input is kept, and the exit code is 1.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]
LONGEST = 4096  # bytes of an input
PATIENCE = 30  # seconds for one
FINDING = 1


def main() -> int:
    """Run one target for so long, in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("target", choices=["config", "text"])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--input", type=Path, help="try this one input and no other")
    given = parser.parse_args()
    try:
        import atheris  # noqa: F401
    except ImportError:
        sys.stderr.write("error: fuzzing needs atheris: pip install atheris\n")
        return 2
    if given.input:
        fuzz(given.target, [sys.argv[0], str(given.input)])
    with tempfile.TemporaryDirectory() as name:
        return run(given.target, given.minutes, Path(name))


def run(target: str, minutes: float, folder: Path) -> int:
    """Seeds and dictionary into `folder`; what libFuzzer says of itself, in a line."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for k, seed in enumerate(seeds(target)):
        (corpus / str(k)).write_bytes(seed)
    words = folder / "words"
    words.write_text("".join(f'"{escaped(word)}"\n' for word in dictionary(target)))
    options = {
        "max_total_time": round(60 * minutes),
        "max_len": LONGEST,
        "timeout": PATIENCE,
        "dict": words,
        "artifact_prefix": f"{Path.cwd()}/",
        "print_final_stats": 1,
    }
    command = [sys.executable, __file__, target, "--fuzz", str(corpus)]
    ran = subprocess.run(
        [*command, *(f"-{name}={value}" for name, value in options.items())],
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
        text=True,
        errors="backslashreplace",
        check=False,
    )
    executions = re.findall(r"(?:number_of_executed_units:|Done) (\d+)", ran.stderr)
    found = ran.returncode != 0
    if found:
        sys.stderr.write(ran.stderr[-4000:])
    print(
        f"{target}: {int(executions[-1]) if executions else 0:,} executions in {minutes:g} minutes,"
        f" {len([*corpus.iterdir()]):,} inputs kept, {'A FINDING' if found else 'no finding'}"
    )
    return FINDING if found else 0


def seeds(target: str) -> Iterator[bytes]:
    """What is well-formed, to begin with."""
    if target == "config":
        for path in sorted(ROOT.glob("configs/*.yaml")):
            yield path.read_bytes()[:LONGEST]
        yield b"model: {hidden_size: 3, num_layers: 1}\xfftrain.batch_size=2\xffdata.level=byte"
        yield b'data: {records: "\\n"}\nmodel: {cell: {name: gru, reset: after}, hidden_size: 5}\n'
        return
    for path in sorted(ROOT.glob("data/*.txt")):
        yield bytes(5) + path.read_bytes()[: LONGEST // 4]
    yield b"\x01\x01\x03\x00\x00" + "Größe 漢字 😀\r\n".encode("utf-16")
    yield b"\x03\x00\x83\x46\x01" + "ΟΔΟΣ é\ne\u0301\n".encode() * 9 + b"\xfe\xfe\xef\xbb\xbfabc"


def dictionary(target: str) -> list[bytes]:
    """Words that mutations are made of."""
    if target == "config":
        from charrnn.config import Config
        from charrnn.config.keys import dotted_keys

        names = {key.rpartition(".")[2] for key, _ in dotted_keys(Config)}
        words = {word for _, key in dotted_keys(Config) for word in key.words}
        marks = ["&a ", "*a", "<<: ", "!!int ", "{", "}", ": ", "- ", ".nan", ".inf", "1e400", "-0"]
        return [word.encode() for word in sorted(names | words)] + [*map(str.encode, marks)]
    return [b"\r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xfe\xfe", b"\xcc\x81", b"\0"]


def escaped(word: bytes) -> str:
    """As libFuzzer's dictionaries are written."""
    return "".join(f"\\x{byte:02x}" for byte in word)


def fuzz(target: str, arguments: list[str]) -> NoReturn:
    """This process becomes libFuzzer, or tries one input."""
    import atheris

    folder = Path(tempfile.mkdtemp())
    os.environ |= {"CHARRNN_CACHE": str(folder / "cache"), "CHARRNN_KERNELS": "numpy"}
    with atheris.instrument_imports(include=["charrnn", "yaml", "fuzz_targets"]):
        import fuzz_targets
    warnings.simplefilter("error")
    os.fsync = lambda _: None  # nothing here has to outlive a power cut
    one = getattr(fuzz_targets, target)
    atheris.Setup(arguments, lambda data: one(data, folder))
    sys.exit(atheris.Fuzz())


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    if "--fuzz" in sys.argv:
        fuzz(sys.argv[1], [sys.argv[0], *sys.argv[3:]])
    else:
        sys.exit(main())
