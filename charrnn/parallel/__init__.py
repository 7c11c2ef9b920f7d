"""Data-parallel training (SPMD): one share of the tracks per process, one all-reduce per step."""
