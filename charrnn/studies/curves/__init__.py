"""The curves of runs: losses, learning rate, gradient norm, clipping."""
