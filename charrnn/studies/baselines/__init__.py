"""Baselines: the losses of n-grams, of xz and of a uniform guess on the same text."""
