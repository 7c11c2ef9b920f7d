"""A run without printing: prepare, resume, train, sample."""
