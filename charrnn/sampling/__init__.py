"""Text from a model: generation, and filters of the draw. A new filter is a line in FILTERS."""

from charrnn.sampling.filters import FILTERS, Filter
from charrnn.sampling.generate import Drawn, generate, predict

__all__ = ["FILTERS", "Drawn", "Filter", "generate", "predict"]
