"""What a run is, without printing: prepare, resume, train, sample."""
