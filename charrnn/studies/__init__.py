"""Studies of texts, runs and models: a folder for each, with its guide."""
