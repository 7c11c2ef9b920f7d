"""Pictures, drawn by the extra `plot`. To add one: a file beside this one."""
