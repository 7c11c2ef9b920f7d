"""Recurrent networks in NumPy: cells, layers, kernels, the model, back-propagation."""
