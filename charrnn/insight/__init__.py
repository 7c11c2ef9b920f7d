"""The maths of looking inside a network: pure NumPy on arrays, no printing, no files."""
