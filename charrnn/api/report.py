"""A run as a whole: its record, its text, and what can be seen in its best weights."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.api.baselines import Baseline, baselines_of
from charrnn.api.curves import Curves, curves
from charrnn.api.flow import GradientFlow, flow_through
from charrnn.api.prepare import open_dataset
from charrnn.api.record import read_record
from charrnn.api.surprisal import Surprisal, lined, read_through
from charrnn.api.trained import Trained, load
from charrnn.api.units import UnitSurvey, survey_units, watch_part
from charrnn.config import dump_config
from charrnn.errors import CharrnnError, CheckpointError, DataError
from charrnn.rundir import RunDir
from charrnn.text.corpus import Corpus
from charrnn.text.dataset import Dataset
from charrnn.text.part import Part
from charrnn.text.vocab import display

MOST = 50_000  # characters of the held-out part that are read
LAGS, POSITIONS, CHUNKS = 100, 64, 20  # of the gradients

Progress = Callable[[int, int, str], None]  # stages that are done, of how many; what comes next


@dataclass(frozen=True, eq=False)
class TextFacts:
    """The text of a run."""

    files: tuple[str, ...]
    characters: int
    parts: tuple[int, int, int]  # characters to train on, to choose by, to judge by at the end
    symbols: tuple[tuple[str, int], ...]  # of all of it, with their counts, the most frequent first
    judged: str  # which part the model is looked at on, in words
    judged_chars: int


@dataclass(frozen=True, eq=False)
class Report:
    """What is known of a run. What cannot be known is None, and `missing` says why."""

    run: Path
    curves: Curves
    start: dict[str, Any]  # what the record says of the run's beginning
    trained: Trained | None  # the best weights
    config: str | None  # as YAML
    text: TextFacts | None
    baselines: tuple[Baseline, ...]
    surprisal: Surprisal | None
    units: UnitSurvey | None
    flow: GradientFlow | None
    missing: tuple[str, ...]


def report(run: str | Path, *, on_progress: Progress | None = None) -> Report:
    """All about the run in the folder `run`, also while it goes on.

    The model is looked at on the text's validation part, else its test part, else its training
    part, up to MOST characters. `on_progress` is told before each stage. Raises DataError where
    there is no record of a run.
    """
    told = curves(run)
    folder = RunDir(Path(run))
    made = _Making(folder.path, on_progress)
    made.next("the model")
    made.load()
    if made.trained is not None:
        made.look_inside(made.trained)
    return Report(
        run=folder.path,
        curves=told,
        start=read_record(folder.metrics).start,
        trained=made.trained,
        config=dump_config(made.trained.config) if made.trained else None,
        text=made.text,
        baselines=made.baselines,
        surprisal=made.surprisal,
        units=made.units,
        flow=made.flow,
        missing=tuple(made.missing),
    )


class _Making:
    """A report under way: a stage that fails leaves the others alone."""

    STAGES = 6

    def __init__(self, run: Path, on_progress: Progress | None) -> None:
        self.run, self.on_progress, self.done = run, on_progress, 0
        self.trained: Trained | None = None
        self.text: TextFacts | None = None
        self.baselines: tuple[Baseline, ...] = ()
        self.surprisal: Surprisal | None = None
        self.units: UnitSurvey | None = None
        self.flow: GradientFlow | None = None
        self.missing: list[str] = []

    def next(self, stage: str) -> None:
        """Say what comes."""
        if self.on_progress:
            self.on_progress(self.done, self.STAGES, stage)
        self.done += 1

    def load(self) -> None:
        """The best weights."""
        try:
            self.trained = load(self.run)
        except CheckpointError as error:
            self.missing.append(f"the model cannot be looked at: {error}")

    def look_inside(self, trained: Trained) -> None:
        """All that needs the text."""
        self.next("the text")
        try:
            corpus, dataset = open_dataset(trained.config)
            if dataset.vocabulary != trained.vocabulary:
                raise DataError("it is not the one that the model was trained on any more")
        except DataError as error:
            self.missing.append(f"what needs the text is left out: {error}")
            return
        name, part = _held_out(dataset)
        self.text = _facts(trained, corpus, dataset, name, part)
        try:
            self.next("baselines")
            self.baselines = tuple(baselines_of(trained.config))
            self.next("surprisal")
            self.surprisal = read_through(trained, part, lined(trained, corpus, part), None)
            self.next("units")
            self.units = survey_units(watch_part(trained, part, MOST), find=True)
            self.next("gradients")
            self.flow = flow_through(trained, part, LAGS, POSITIONS, CHUNKS)
        except CharrnnError as error:
            self.missing.append(str(error))


def _held_out(dataset: Dataset) -> tuple[str, Part]:
    """The part to look at the model on, and its name."""
    parts = {"validation": dataset.val, "test": dataset.test, "training": dataset.train}
    name, part = next((name, one) for name, one in parts.items() if one.targets or one is parts["training"])
    return name, part.first(MOST)


def _facts(
    trained: Trained, corpus: Corpus, dataset: Dataset, name: str, part: Part
) -> TextFacts:
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
