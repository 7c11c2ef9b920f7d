"""Score: the loss of a model on any text."""
