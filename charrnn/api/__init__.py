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

from charrnn.api.sample import Request, Sample, Sampling, sample
from charrnn.api.score import Score, open_part, score
from charrnn.api.trained import Trained, load
from charrnn.api.vocab import VocabReport, vocab
from charrnn.config import Config, load_config, parse_config
from charrnn.training.dynamic import Adaptation

if TYPE_CHECKING:
    from charrnn.api.baselines import Baseline, baselines_for, baselines_in, baselines_of
    from charrnn.api.comparing import compare, variants
    from charrnn.api.gradients import GradientReport, gradcheck
    from charrnn.api.outcomes import Outcome, Summary, Variant, summaries
    from charrnn.api.training import train
    from charrnn.api.units import (
        FoundUnit,
        UnitContext,
        UnitName,
        UnitSurvey,
        Watched,
        WatchedUnit,
        activations,
        survey_units,
        unit_named,
        watch,
        watch_unit,
    )

__all__ = [
    "Adaptation",
    "Baseline",
    "Config",
    "FoundUnit",
    "GradientReport",
    "Outcome",
    "Request",
    "Sample",
    "Sampling",
    "Score",
    "Summary",
    "Trained",
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
    "gradcheck",
    "load",
    "load_config",
    "open_part",
    "parse_config",
    "sample",
    "score",
    "summaries",
    "survey_units",
    "train",
    "unit_named",
    "variants",
    "vocab",
    "watch",
    "watch_unit",
]

OUTCOMES = ("Outcome", "Summary", "Variant", "summaries")
JUDGING = ("Baseline", "baselines_for", "baselines_in", "baselines_of")
UNITS = (
    "FoundUnit",
    "UnitContext",
    "UnitName",
    "UnitSurvey",
    "Watched",
    "WatchedUnit",
    "activations",
    "survey_units",
    "unit_named",
    "watch",
    "watch_unit",
)
LATER = {
    "train": "training",
    "gradcheck": "gradients",
    "GradientReport": "gradients",
    **dict.fromkeys(("compare", "variants"), "comparing"),
    **dict.fromkeys(OUTCOMES, "outcomes"),
    **dict.fromkeys(JUDGING, "baselines"),
    **dict.fromkeys(UNITS, "units"),
}


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{LATER[name]}"), name)
