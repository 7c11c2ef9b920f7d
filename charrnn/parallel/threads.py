"""The number of BLAS threads of a process.

A worker gets it from its environment, before it imports NumPy. In a running process it is changed
here, through the OpenBLAS library inside NumPy's wheels.
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
    """Use `n` threads of NumPy's BLAS in the block. Yields False if they cannot be set."""
    library = _openblas()
    if library is None:
        yield False
        return
    previous = library.scipy_openblas_get_num_threads64_()
    library.scipy_openblas_set_num_threads64_(n)
    try:
        yield True
    finally:
        library.scipy_openblas_set_num_threads64_(previous)


def _openblas() -> ctypes.CDLL | None:
    """The loaded OpenBLAS of NumPy's wheels; None for any other BLAS."""
    package = Path(np.__file__).parent
    folders = (package.with_name("numpy.libs"), package / ".dylibs")
    for path in (path for folder in folders for path in folder.glob("*scipy_openblas64_*")):
        library = ctypes.CDLL(os.fspath(path))
        if hasattr(library, "scipy_openblas_set_num_threads64_"):
            return library
    return None
