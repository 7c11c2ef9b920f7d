"""Surprisal: the loss of a model by character, and the difference of two models."""
