"""charrnn from Python: what the commands do, without printing.

from charrnn import api
config = api.load_config("configs/quickstart.yaml")
for event in api.train(config):
    ...
model = api.load(config.output.dir)
print(api.sample(model, api.Request(prime="The ", length=200))[0].text)
"""

from charrnn.api.gradcheck import GradientReport, gradcheck
from charrnn.api.sample import Request, Sample, Sampling, sample
from charrnn.api.score import Score, score
from charrnn.api.train import train
from charrnn.api.trained import Trained, load
from charrnn.api.vocab import VocabReport, vocab
from charrnn.config import Config, load_config, parse_config

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
