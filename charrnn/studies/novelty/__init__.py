"""Novelty: the passages of a sample that occur verbatim in the training text."""
