"""Training: the state of a run, the loop that yields events, evaluation, recovery."""
