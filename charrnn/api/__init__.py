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

from charrnn.api.curves import Curves, curves
from charrnn.api.prediction import Prediction, next_probabilities
from charrnn.api.sample import Request, Sample, Sampling, sample
from charrnn.api.score import Score, open_part, score
from charrnn.api.trained import Trained, load
from charrnn.api.vocab import VocabReport, vocab
from charrnn.config import Config, load_config, parse_config
from charrnn.training.dynamic import Adaptation

if TYPE_CHECKING:
    from charrnn.api.baselines import Baseline, baselines_for, baselines_in, baselines_of
    from charrnn.api.comparing import compare, variants
    from charrnn.api.difference import Difference, SymbolDifference, difference_of
    from charrnn.api.experiments import Learner, RecallCurve, recall_curve, textbook
    from charrnn.api.flow import GradientFlow, gradient_flow, trained_or_not, untrained
    from charrnn.api.gradients import GradientReport, gradcheck
    from charrnn.api.novelty import (
        Novelty,
        NoveltyReport,
        NoveltySummary,
        Passage,
        novelty_of,
        summary_of,
    )
    from charrnn.api.outcomes import Outcome, Summary, Variant, summaries
    from charrnn.api.report import Report, TextFacts, report_of
    from charrnn.api.runs import find_runs, labels_of
    from charrnn.api.surprisal import Line, Surprisal, SymbolLoss, surprisal_of
    from charrnn.api.training import train
    from charrnn.api.training_text import TrainingText, open_training_text
    from charrnn.api.units import FoundUnit, UnitSurvey, survey_units
    from charrnn.api.watched import (
        UnitContext,
        UnitName,
        Watched,
        WatchedUnit,
        activations,
        unit_named,
        watch,
        watch_unit,
    )
    from charrnn.insight.clipping import Clipping
    from charrnn.insight.flow import Signal
    from charrnn.insight.recall import Recall, Task
    from charrnn.insight.spectrum import Spectrum
    from charrnn.insight.textbook import Experiment

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
    "train": "training",
    "gradcheck": "gradients",
    "GradientReport": "gradients",
    **dict.fromkeys(("compare", "variants"), "comparing"),
    **dict.fromkeys(("find_runs", "labels_of"), "runs"),
    **dict.fromkeys(OUTCOMES, "outcomes"),
    **dict.fromkeys(("Report", "TextFacts", "report_of"), "report"),
    **dict.fromkeys(JUDGING, "baselines"),
    **dict.fromkeys((*FLOW, *FOUND), "flow"),
    **dict.fromkeys(PROBES, "experiments"),
    **dict.fromkeys(NOVELTY, "novelty"),
    **dict.fromkeys(("TrainingText", "open_training_text"), "training_text"),
    **dict.fromkeys(SURPRISE, "surprisal"),
    **dict.fromkeys(DIFFERING, "difference"),
    **dict.fromkeys(UNITS, "units"),
    **dict.fromkeys(WATCHED, "watched"),
}


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{LATER[name]}"), name)
