"""The report on a run: its record, its text, and studies of its best weights."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.config import build, dump_config
from charrnn.errors import CharrnnError, CheckpointError, DataError
from charrnn.runs.history import read_history
from charrnn.runs.prepare import open_dataset
from charrnn.runs.trained import Trained, load
from charrnn.storage.rundir import RunDir
from charrnn.studies.baselines.study import Baseline, baselines_on
from charrnn.studies.curves.study import Curves, curves
from charrnn.studies.gradients.study import GradientFlow, flow_through
from charrnn.studies.surprisal.study import Surprisal, predicted_text, read_through
from charrnn.studies.units.study import UnitSurvey, survey_units
from charrnn.studies.units.watched import watch_part
from charrnn.text.corpus import Corpus
from charrnn.text.dataset import Dataset
from charrnn.text.part import Part
from charrnn.text.symbols import display
from charrnn.training.events import line_of

MOST_READ = 50_000  # characters of the held-out part that are read
LAGS, POSITIONS, CHUNKS = 100, 64, 20  # of the gradients


@dataclass(frozen=True, eq=False)
class TextFacts:
    """The text of a run."""

    files: tuple[str, ...]
    characters: int
    parts: tuple[int, int, int]  # characters for training, validation and test
    symbols: tuple[tuple[str, int], ...]  # of all of it, with their counts, the most frequent first
    judged: str  # the name of the part that the studies read
    judged_chars: int


@dataclass(frozen=True, eq=False)
class Report:
    """The record of a run and studies of its weights; `missing` says why some are None."""

    run: Path
    network: str  # lstm 2x128
    curves: Curves
    start: dict[str, Any]  # what the record says of the run's beginning
    missing: tuple[str, ...] = ()
    trained: Trained | None = None  # the best weights
    config: str | None = None  # as YAML
    text: TextFacts | None = None
    baselines: tuple[Baseline, ...] = ()
    surprisal: Surprisal | None = None
    units: UnitSurvey | None = None
    flow: GradientFlow | None = None


def report_of(run: str | Path, on_progress: Callable[[int, int], None] | None = None) -> Report:
    """The report on the run in the folder `run`, even while it is still training.

    The model is looked at on the text's validation part, else its test part, else its training
    part, up to MOST_READ characters. `on_progress` gets the stages done and their number. Raises
    DataError where there is no record of a run.
    """
    folder = RunDir(Path(run))
    lines, start = curves(run), read_history(folder.metrics).start
    network = (start and start.network) or "a network"
    found = Report(folder.path, network, lines, (start and line_of(start)) or {})
    try:
        trained = load(folder.path)
    except CheckpointError as error:
        return replace(found, missing=(f"the model: {error.problem}",))
    network, config = build.network_in_words(trained.config), dump_config(trained.config)
    found = replace(found, network=network, trained=trained, config=config)
    try:
        corpus, dataset = _text_of(trained)
    except DataError as error:
        return replace(found, missing=(f"all that needs the text: {error.problem}",))
    name, part = _held_out(dataset)
    stages: dict[str, Callable[[], Any]] = {
        "text": lambda: _facts(trained, corpus, dataset, name, part),
        "baselines": lambda: tuple(baselines_on(dataset)),
        "surprisal": lambda: read_through(
            trained, part, predicted_text(trained, corpus, part), None
        ),
        "units": lambda: survey_units(watch_part(trained, part, MOST_READ), find=True),
        "flow": lambda: flow_through(trained, part, LAGS, POSITIONS, CHUNKS),
    }
    for k, (stage, look) in enumerate(stages.items()):
        if on_progress:
            on_progress(k, len(stages))
        try:
            found = replace(found, **{stage: look()})
        except CharrnnError as error:
            found = replace(found, missing=(*found.missing, f"{stage}: {error.problem}"))
    return found


def _text_of(trained: Trained) -> tuple[Corpus, Dataset]:
    """The text that the model was trained on. Raises DataError where it is not there any more."""
    corpus, dataset = open_dataset(trained.config)
    if dataset.vocabulary != trained.vocabulary:
        raise DataError("it is no longer the text that the model was trained on")
    return corpus, dataset


def _held_out(dataset: Dataset) -> tuple[str, Part]:
    """The part to look at the model on, and its name."""
    parts = {"validation": dataset.val, "test": dataset.test, "training": dataset.train}
    name = next((name for name, part in parts.items() if part.targets), "training")
    return name, parts[name].first(MOST_READ)


def _facts(trained: Trained, corpus: Corpus, dataset: Dataset, name: str, part: Part) -> TextFacts:
    order = np.argsort(-corpus.counts, kind="stable")
    names = [display(symbol, trained.vocabulary.level) for symbol in corpus.symbols[order].tolist()]
    return TextFacts(
        files=tuple(path.name for path in corpus.source.paths),
        characters=corpus.characters,
        parts=(dataset.train.characters, dataset.val.characters, dataset.test.characters),
        symbols=tuple(zip(names, corpus.counts[order].tolist(), strict=True)),
        judged=name,
        judged_chars=part.characters,
    )
