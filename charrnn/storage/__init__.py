"""Storage: files, checkpoints, the run directory and its lock, the machine's memory."""
