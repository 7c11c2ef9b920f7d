"""Listeners to the events of a run: progress, the record, checkpoints, TensorBoard."""
