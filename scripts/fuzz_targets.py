"""What fuzzing feeds with bytes: a config, or a text. Whatever they are, the only way to fail is a
CharrnnError of one line a problem; a config or a text that is taken must mean what it says.

scripts/fuzz.py lets atheris look for such bytes, tests/unit/test_fuzz.py lets hypothesis.
"""

import os
import shutil
import unicodedata
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import numpy as np

from charrnn import api
from charrnn.config import Config, dump_config, load_config, parse_config
from charrnn.errors import CharrnnError
from charrnn.nn.arrays import DTYPES
from charrnn.runs.memory import needs_of_run, total_of
from charrnn.runs.prepare import fresh_weights, prepare
from charrnn.text import encoded, read
from charrnn.text.read import TextFormat
from charrnn.training.loop import train
from charrnn.training.state import TrainState

TEXT = "The cat sat on the mât.\nThe dog\tsat on the log; 1 2 3!\n\n" * 6
SMALL = 2**24  # bytes of a run that is tried
ENCODINGS = ("utf-8", "utf-16", "latin-1", "utf-8-sig", "cp1252", "utf-7", "gb18030", "shift_jis")
BETWEEN_OPTIONS, BETWEEN_FILES = b"\xff", b"\xfe\xfe"


def config(data: bytes, folder: Path) -> None:
    """A config file and options `--set`, with BETWEEN_OPTIONS between them."""
    written, *given = data.split(BETWEEN_OPTIONS)
    file = folder / "config.yaml"
    file.write_bytes(written)
    try:
        made = load_config(file, [os.fsdecode(option) for option in given])
    except CharrnnError as error:
        _check_error(error)
        return
    assert parse_config(dump_config(made), "dump") == made
    (folder / "text.txt").write_text(TEXT, encoding="utf-8", newline="")
    here = replace(made.data, path=(str(folder / "text.txt"),))
    _try(replace(made, data=here, train=replace(made.train, max_steps=1, workers=1)), folder)


def text(data: bytes, folder: Path) -> None:
    """Five bytes that say how to read, and files with BETWEEN_FILES between them."""
    choices, raw = (data + bytes(5))[:5], data[5:]
    form = TextFormat(
        level="byte" if choices[0] % 4 == 0 else "char",
        encoding=ENCODINGS[choices[1] % len(ENCODINGS)],
        lowercase=choices[0] & 8 > 0,
        normalize=(None, "NFC", "NFKC")[choices[0] % 3],
        newlines="keep" if choices[0] & 16 else "lf",
    )
    read.BLOCK = choices[2] % 7 or 2**16
    encoded.SHORT = 0 if choices[2] & 128 else 2**26
    files = [folder / f"{k}.txt" for k in range(raw.count(BETWEEN_FILES) + 1)]
    for file, content in zip(files, raw.split(BETWEEN_FILES), strict=True):
        file.write_bytes(content)
    paths = [str(file) for file in files]
    try:
        report = api.vocab(paths, form)
        expected = _at_once(files, form)
        assert report.characters == len(expected)
        assert set(report.vocabulary.symbols) == set(expected)
    except CharrnnError as error:
        _check_error(error)
    _try(_reading(paths, form, choices), folder)


def _reading(paths: list[str], form: TextFormat, choices: bytes) -> Config:
    """A small run on these files."""
    usual = Config()
    return replace(
        usual,
        data=replace(
            usual.data,
            path=tuple(paths),
            **vars(form),
            split=((0.8, 0.1, 0.1), (1.0, 0.0, 0.0), (0.1, 0.0, 0.9))[choices[3] % 3],
            records=(None, "\n", "a", "é")[choices[3] // 4 % 4 if form.level == "char" else 0],
            vocabulary="train" if choices[3] & 64 else "all",
            min_count=1 + choices[4] % 3,
        ),
        model=replace(usual.model, hidden_size=3, num_layers=1),
        train=replace(usual.train, batch_size=3, seq_length=5, max_steps=2, max_epochs=None),
    )


def _at_once(files: list[Path], form: TextFormat) -> list[int]:
    """The symbols of the files, read in the simplest way there is."""
    if form.level == "byte":
        return [*chain.from_iterable(file.read_bytes() for file in files)]
    whole = ""
    for file in files:
        piece = file.read_bytes().decode(form.encoding).removeprefix("\ufeff")
        settled = piece.replace("\r\n", "\n").replace("\r", "\n")
        whole += settled if form.newlines == "lf" else piece
    whole = whole.lower() if form.lowercase else whole
    return [*map(ord, unicodedata.normalize(form.normalize, whole) if form.normalize else whole)]


def _try(made: Config, folder: Path) -> None:
    """Prepare a run, and take its first step, unless it is a large one.

    Encoded texts are expected in `folder`/cache, and do not stay there.
    """
    try:
        plan = prepare(made).plan
        if total_of(needs_of_run(made, plan)) < SMALL:
            p = fresh_weights(made, plan.model, np.dtype(DTYPES[made.train.dtype]))
            state = TrainState.begin(p, plan.optimizer, averaging=plan.average > 0)
            for _ in islice(train(plan, state, lambda: False), 100):
                pass
    except CharrnnError as error:
        _check_error(error)
    finally:
        shutil.rmtree(folder / "cache", ignore_errors=True)


def _check_error(error: CharrnnError) -> None:
    """Check that an error has a message without empty lines and an exit code of its own."""
    assert error.exit_code in (2, 3)
    lines = error.lines()
    assert lines
    assert all(line.strip() for line in lines)
