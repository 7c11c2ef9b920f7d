"""The report: one page about a run, its text, and studies of its best weights."""
