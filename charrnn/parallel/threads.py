"""BLAS threads: how many a product may use.

A worker is told by its environment, before NumPy is imported; a process that runs already is told
here, through the library that NumPy brought.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def blas_threads(n: int) -> Iterator[bool]:
    """In the block, NumPy's BLAS uses `n` threads. Gives False where it cannot be told."""
    library = _openblas()
    if library is None:
        yield False
        return
    before = library.scipy_openblas_get_num_threads64_()
    library.scipy_openblas_set_num_threads64_(n)
    try:
        yield True
    finally:
        library.scipy_openblas_set_num_threads64_(before)


def _openblas() -> ctypes.CDLL | None:
    """The OpenBLAS inside NumPy's wheels, which is loaded already; None for any other."""
    package = Path(np.__file__).parent
    folders = (package.with_name("numpy.libs"), package / ".dylibs")
    for path in (path for folder in folders for path in folder.glob("*scipy_openblas64_*")):
        library = ctypes.CDLL(os.fspath(path))
        if hasattr(library, "scipy_openblas_set_num_threads64_"):
            return library
    return None
