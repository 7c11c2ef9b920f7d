"""Ranks as threads of one process: a communicator for tests of the maths, without a start-up."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import numpy as np


class InThreads:
    """One rank among `size` threads, with the semantics of the protocol and nothing else."""

    def __init__(self, rank: int, size: int, shared: dict[str, Any]) -> None:
        self.rank, self.size, self.shared = rank, size, shared

    def vector(self, n: int, dtype) -> np.ndarray:
        return np.zeros(n, dtype)

    def sum_(self, x: np.ndarray) -> None:
        parts = self.gather(x.copy())
        x[...] = 0.0
        for part in parts:
            x += part

    def gather(self, value: Any) -> list[Any]:
        self.shared["slots"][self.rank] = value
        self.shared["barrier"].wait(60)
        values = list(self.shared["slots"])
        self.shared["barrier"].wait(60)
        return values


def together(size: int, program: Callable[[InThreads], Any]) -> list[Any]:
    """What `program(comm)` returns on every rank. An error on one rank is raised here."""
    shared = {"slots": [None] * size, "barrier": Barrier(size)}
    results: list[Any] = [None] * size
    errors: list[BaseException] = []

    def run(rank: int) -> None:
        try:
            results[rank] = program(InThreads(rank, size, shared))
        except BaseException as error:
            errors.append(error)
            shared["barrier"].abort()

    threads = [Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results
