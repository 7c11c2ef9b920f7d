"""charrnn: character-level recurrent language models, trained by hand-written BPTT in NumPy."""

__version__ = "0.1.0"
