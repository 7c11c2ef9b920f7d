"""charrnn from Python: what the commands do, without printing.

from charrnn import api
config = api.load_config("configs/quickstart.yaml")
for event in api.train(config):
    ...
model = api.load(config.output.dir)
print(api.sample(model, api.Request(prime="The ", length=200))[0].text)

What training needs is imported when it is first asked for, so that sampling starts quickly.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from charrnn.config import Config, load_config, parse_config
from charrnn.runs.sample import Request, Sample, Sampling, sample
from charrnn.runs.trained import Trained, load
from charrnn.studies.curves.study import Curves, curves
from charrnn.studies.play.prediction import Prediction, next_probabilities
from charrnn.studies.score.study import Score, open_part, score
from charrnn.studies.vocab.study import VocabReport, vocab
from charrnn.training.dynamic import Adaptation

if TYPE_CHECKING:
    from charrnn.runs.find import find_runs, labels_of
    from charrnn.runs.train import train
    from charrnn.studies.baselines.study import Baseline, baselines_for, baselines_in, baselines_of
    from charrnn.studies.compare.outcomes import Outcome, Summary, Variant, summaries
    from charrnn.studies.compare.study import compare, variants
    from charrnn.studies.gradcheck.study import GradientReport, gradcheck
    from charrnn.studies.gradients.clipping import Clipping
    from charrnn.studies.gradients.experiments import Learner, RecallCurve, recall_curve, textbook
    from charrnn.studies.gradients.maths import Signal
    from charrnn.studies.gradients.recall import Recall, Task
    from charrnn.studies.gradients.spectrum import Spectrum
    from charrnn.studies.gradients.study import (
        GradientFlow,
        gradient_flow,
        trained_or_not,
        untrained,
    )
    from charrnn.studies.gradients.textbook import Experiment
    from charrnn.studies.novelty.study import (
        Novelty,
        NoveltyReport,
        NoveltySummary,
        Passage,
        novelty_of,
        summary_of,
    )
    from charrnn.studies.novelty.training_text import TrainingText, open_training_text
    from charrnn.studies.report.study import Report, TextFacts, report_of
    from charrnn.studies.surprisal.difference import Difference, SymbolDifference, difference_of
    from charrnn.studies.surprisal.study import Line, Surprisal, SymbolLoss, surprisal_of
    from charrnn.studies.units.study import FoundUnit, UnitSurvey, survey_units
    from charrnn.studies.units.watched import (
        UnitContext,
        UnitName,
        Watched,
        WatchedUnit,
        activations,
        unit_named,
        watch,
        watch_unit,
    )

__all__ = [
    "Adaptation",
    "Baseline",
    "Clipping",
    "Config",
    "Curves",
    "Difference",
    "Experiment",
    "FoundUnit",
    "GradientFlow",
    "GradientReport",
    "Learner",
    "Line",
    "Novelty",
    "NoveltyReport",
    "NoveltySummary",
    "Outcome",
    "Passage",
    "Prediction",
    "Recall",
    "RecallCurve",
    "Report",
    "Request",
    "Sample",
    "Sampling",
    "Score",
    "Signal",
    "Spectrum",
    "Summary",
    "Surprisal",
    "SymbolDifference",
    "SymbolLoss",
    "Task",
    "TextFacts",
    "Trained",
    "TrainingText",
    "UnitContext",
    "UnitName",
    "UnitSurvey",
    "Variant",
    "VocabReport",
    "Watched",
    "WatchedUnit",
    "activations",
    "baselines_for",
    "baselines_in",
    "baselines_of",
    "compare",
    "curves",
    "difference_of",
    "find_runs",
    "gradcheck",
    "gradient_flow",
    "labels_of",
    "load",
    "load_config",
    "next_probabilities",
    "novelty_of",
    "open_part",
    "open_training_text",
    "parse_config",
    "recall_curve",
    "report_of",
    "sample",
    "score",
    "summaries",
    "summary_of",
    "surprisal_of",
    "survey_units",
    "textbook",
    "train",
    "trained_or_not",
    "unit_named",
    "untrained",
    "variants",
    "vocab",
    "watch",
    "watch_unit",
]

OUTCOMES = ("Outcome", "Summary", "Variant", "summaries")
JUDGING = ("Baseline", "baselines_for", "baselines_in", "baselines_of")
FLOW = ("GradientFlow", "gradient_flow", "trained_or_not", "untrained")
FOUND = ("Clipping", "Signal", "Spectrum")
PROBES = ("Experiment", "Learner", "Recall", "RecallCurve", "Task", "recall_curve", "textbook")
NOVELTY = ("Novelty", "NoveltyReport", "NoveltySummary", "Passage", "novelty_of", "summary_of")
SURPRISE = ("Line", "Surprisal", "SymbolLoss", "surprisal_of")
DIFFERING = ("Difference", "SymbolDifference", "difference_of")
UNITS = ("FoundUnit", "UnitSurvey", "survey_units")
WATCHED = (
    "UnitContext",
    "UnitName",
    "Watched",
    "WatchedUnit",
    "activations",
    "unit_named",
    "watch",
    "watch_unit",
)
LATER = {
    "train": "runs.train",
    "gradcheck": "studies.gradcheck.study",
    "GradientReport": "studies.gradcheck.study",
    **dict.fromkeys(("compare", "variants"), "studies.compare.study"),
    **dict.fromkeys(("find_runs", "labels_of"), "runs.find"),
    **dict.fromkeys(OUTCOMES, "studies.compare.outcomes"),
    **dict.fromkeys(("Report", "TextFacts", "report_of"), "studies.report.study"),
    **dict.fromkeys(JUDGING, "studies.baselines.study"),
    **dict.fromkeys((*FLOW, *FOUND), "studies.gradients.study"),
    **dict.fromkeys(PROBES, "studies.gradients.experiments"),
    **dict.fromkeys(NOVELTY, "studies.novelty.study"),
    **dict.fromkeys(("TrainingText", "open_training_text"), "studies.novelty.training_text"),
    **dict.fromkeys(SURPRISE, "studies.surprisal.study"),
    **dict.fromkeys(DIFFERING, "studies.surprisal.difference"),
    **dict.fromkeys(UNITS, "studies.units.study"),
    **dict.fromkeys(WATCHED, "studies.units.watched"),
}


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"charrnn.{LATER[name]}"), name)
