"""Gradients through time: norms by lag, recurrent matrices, clipping, experiments."""
