"""Kernel sets by name. To add one: a file beside this one, and a line in KERNELS."""
