"""The report on a run: its record, its text, and studies of its best weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.config import build, dump_config, load_config
from charrnn.errors import CharrnnError, CheckpointError, ConfigError, DataError
from charrnn.runs.history import read_history
from charrnn.runs.prepare import open_dataset
from charrnn.runs.trained import Trained, load
from charrnn.storage.rundir import RunDir
from charrnn.studies.baselines.study import Baseline
from charrnn.studies.curves.study import Curves, curves
from charrnn.studies.gradients.study import GradientFlow
from charrnn.studies.report.reported import Subject
from charrnn.studies.report.studies import STUDIES
from charrnn.studies.surprisal.study import Surprisal
from charrnn.studies.units.study import UnitSurvey
from charrnn.text.dataset import Dataset
from charrnn.text.part import Part
from charrnn.text.symbols import display
from charrnn.training.events import line_of

MOST_READ = 50_000  # characters of the held-out part that are read


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
    """The record of a run and studies of its weights; `missing` says why some are left out."""

    run: Path
    network: str  # lstm 2x128
    curves: Curves
    start: dict[str, Any]  # what the record says of the run's beginning
    missing: tuple[str, ...] = ()
    trained: Trained | None = None  # the best weights
    config: str | None = None  # as YAML
    text: TextFacts | None = None
    results: Mapping[str, Any] = field(default_factory=dict)  # by the names of STUDIES

    @property
    def baselines(self) -> tuple[Baseline, ...]:
        baselines: tuple[Baseline, ...] = self.results.get("baselines", ())
        return baselines

    @property
    def surprisal(self) -> Surprisal | None:
        return self.results.get("surprisal")

    @property
    def units(self) -> UnitSurvey | None:
        return self.results.get("units")

    @property
    def flow(self) -> GradientFlow | None:
        return self.results.get("flow")


def report_of(run: str | Path, on_progress: Callable[[int, int], None] | None = None) -> Report:
    """The report on the run in the folder `run`, even while it is still training.

    The studies read the validation part, else the test part, else the training part, up to
    MOST_READ characters. `on_progress` gets the stages done and their number. Raises
    DataError where there is no record of a run.
    """
    folder = RunDir(Path(run))
    lines, start = curves(run), read_history(folder.metrics).start
    network = (start and start.network) or "a network"
    report = _with_config(Report(folder.path, network, lines, (start and line_of(start)) or {}))
    try:
        trained = load(folder.path)
    except CheckpointError as error:
        return _without(report, f"the model: {error.problem}")
    network = build.network_in_words(trained.config)
    report = replace(report, network=network, trained=trained)
    try:
        subject = _subject(trained)
    except DataError as error:
        return _without(report, f"all that needs the text: {error.problem}")
    results, missing = _look(subject, on_progress)
    return _without(replace(report, text=_facts(subject), results=results), *missing)


def _with_config(report: Report) -> Report:
    """The config is that of the run directory: those of checkpoints have no `output`."""
    try:
        return replace(report, config=dump_config(load_config(RunDir(report.run).config)))
    except ConfigError as error:
        return _without(report, f"the config: {error.problems[0]}")


def _without(report: Report, *missing: str) -> Report:
    return replace(report, missing=(*report.missing, *missing))


def _look(
    subject: Subject, on_progress: Callable[[int, int], None] | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The results of all studies by name, and the reasons for those that are missing."""
    results, missing = dict[str, Any](), list[str]()
    for k, (name, study) in enumerate(STUDIES.items()):
        if on_progress:
            on_progress(k, len(STUDIES))
        try:
            results[name] = study.look(subject)
        except CharrnnError as error:
            missing.append(f"{name}: {error.problem}")
    return results, tuple(missing)


def _subject(trained: Trained) -> Subject:
    """The model and its text. Raises DataError where the text is not there any more."""
    corpus, dataset = open_dataset(trained.config)
    if dataset.vocabulary != trained.vocabulary:
        raise DataError("it is no longer the text that the model was trained on")
    return Subject(trained, corpus, dataset, *_held_out(dataset))


def _held_out(dataset: Dataset) -> tuple[str, Part]:
    """The name of the part that the studies read, and the part."""
    parts = {"validation": dataset.val, "test": dataset.test, "training": dataset.train}
    name = next((name for name, part in parts.items() if part.targets), "training")
    return name, parts[name].first(MOST_READ)


def _facts(subject: Subject) -> TextFacts:
    corpus, dataset = subject.corpus, subject.dataset
    order = np.argsort(-corpus.counts, kind="stable")
    level = subject.trained.vocabulary.level
    names = [display(symbol, level) for symbol in corpus.symbols[order].tolist()]
    return TextFacts(
        files=tuple(path.name for path in corpus.source.paths),
        characters=corpus.characters,
        parts=(dataset.train.characters, dataset.val.characters, dataset.test.characters),
        symbols=tuple(zip(names, corpus.counts[order].tolist(), strict=True)),
        judged=subject.judged,
        judged_chars=subject.part.characters,
    )
