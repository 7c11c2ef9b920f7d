"""Comparison: variants of a config, each trained with several seeds."""
