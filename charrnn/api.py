"""charrnn from Python: what the commands do, without printing.

from charrnn import api
config = api.load_config("configs/quickstart.yaml")
for event in api.train(config):
    ...
model = api.load(config.output.dir)
print(api.sample(model, api.Request(prime="The ", length=200))[0].text)

A module is imported when one of its names is first used, so that importing this one takes no time.
Editors and type checkers read the types in `api.pyi`, which `scripts/make_api_stub.py` writes.
"""

from importlib import import_module
from typing import Any

HOMES = {  # every public name and the module of this package that defines it
    "Adaptation": "training.dynamic",
    "Baseline": "studies.baselines.study",
    "Clipping": "studies.gradients.clipping",
    "Config": "config",
    "Curves": "studies.curves.study",
    "Difference": "studies.surprisal.difference",
    "Experiment": "studies.gradients.textbook",
    "FoundUnit": "studies.units.study",
    "GradientFlow": "studies.gradients.study",
    "GradientReport": "studies.gradcheck.study",
    "Learner": "studies.gradients.experiments",
    "Line": "studies.surprisal.study",
    "Novelty": "studies.novelty.study",
    "NoveltyReport": "studies.novelty.study",
    "NoveltySummary": "studies.novelty.study",
    "Outcome": "studies.compare.outcomes",
    "Passage": "studies.novelty.study",
    "Prediction": "studies.play.prediction",
    "Recall": "studies.gradients.recall",
    "RecallCurve": "studies.gradients.experiments",
    "Report": "studies.report.study",
    "Request": "runs.sample",
    "Sample": "runs.sample",
    "Sampling": "runs.sample",
    "Score": "studies.score.study",
    "Signal": "studies.gradients.maths",
    "Spectrum": "studies.gradients.spectrum",
    "Summary": "studies.compare.outcomes",
    "Surprisal": "studies.surprisal.study",
    "SymbolDifference": "studies.surprisal.difference",
    "SymbolLoss": "studies.surprisal.study",
    "Task": "studies.gradients.recall",
    "TextFacts": "studies.report.study",
    "Trained": "runs.trained",
    "TrainingText": "studies.novelty.training_text",
    "UnitContext": "studies.units.watched",
    "UnitName": "studies.units.watched",
    "UnitSurvey": "studies.units.study",
    "Variant": "studies.compare.outcomes",
    "VocabReport": "studies.vocab.study",
    "Watched": "studies.units.watched",
    "WatchedUnit": "studies.units.watched",
    "activations": "studies.units.watched",
    "baselines_for": "studies.baselines.study",
    "baselines_in": "studies.baselines.study",
    "baselines_of": "studies.baselines.study",
    "compare": "studies.compare.study",
    "curves": "studies.curves.study",
    "difference_of": "studies.surprisal.difference",
    "find_runs": "runs.find",
    "gradcheck": "studies.gradcheck.study",
    "gradient_flow": "studies.gradients.study",
    "labels_of": "runs.find",
    "load": "runs.trained",
    "load_config": "config",
    "next_probabilities": "studies.play.prediction",
    "novelty_of": "studies.novelty.study",
    "open_part": "studies.score.study",
    "open_training_text": "studies.novelty.training_text",
    "parse_config": "config",
    "recall_curve": "studies.gradients.experiments",
    "report_of": "studies.report.study",
    "sample": "runs.sample",
    "score": "studies.score.study",
    "summaries": "studies.compare.outcomes",
    "summary_of": "studies.novelty.study",
    "surprisal_of": "studies.surprisal.study",
    "survey_units": "studies.units.study",
    "textbook": "studies.gradients.experiments",
    "train": "runs.train",
    "trained_or_not": "studies.gradients.study",
    "unit_named": "studies.units.watched",
    "untrained": "studies.gradients.study",
    "variants": "studies.compare.study",
    "vocab": "studies.vocab.study",
    "watch": "studies.units.watched",
    "watch_unit": "studies.units.watched",
}

__all__ = [*HOMES]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"charrnn.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*HOMES]
