"""Waiting for what another process does."""

import time
from collections.abc import Callable


def soon(condition: Callable[[], object], seconds: float = 60) -> bool:
    """Whether `condition` is true now or soon."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
