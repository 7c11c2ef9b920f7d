"""Gradient check: the gradients of a network against finite differences."""
