"""Play: a prompt at which a model continues the beginning of a text."""
