"""Text from a model: generation, and filters of the distribution that it draws from."""

from charrnn.sampling.filters import FILTERS, Filter, FilterSpec
from charrnn.sampling.generate import Drawn, generate, predict

__all__ = ["FILTERS", "Drawn", "Filter", "FilterSpec", "generate", "predict"]
