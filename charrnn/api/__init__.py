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
from charrnn.api.score import Score, score
from charrnn.api.trained import Trained, load
from charrnn.api.vocab import VocabReport, vocab
from charrnn.config import Config, load_config, parse_config

if TYPE_CHECKING:
    from charrnn.api.gradients import GradientReport, gradcheck
    from charrnn.api.training import train

__all__ = [
    "Config",
    "GradientReport",
    "Request",
    "Sample",
    "Sampling",
    "Score",
    "Trained",
    "VocabReport",
    "gradcheck",
    "load",
    "load_config",
    "parse_config",
    "sample",
    "score",
    "train",
    "vocab",
]

LATER = {"train": "training", "gradcheck": "gradients", "GradientReport": "gradients"}


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{LATER[name]}"), name)
