"""Products with packed weights, by Intel's MKL where its wheel is installed: the extra `fast`.

MKL hands out what every BLAS does inside a product, the copy of an operand into the order that its
kernel reads. Made once a chunk, it leaves the products of a few rows at the speed of large ones.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, files, version
from typing import Any

import numba
import numpy as np

from charrnn.nn.arrays import DType, Floats, empty
from charrnn.nn.kernels.base import Product
from charrnn.nn.kernels.plain import Plain

ROW_MAJOR, PLAIN, TRANSPOSED, PACKED, MATRIX_B = 101, 111, 112, 151, 162
INT, POINTER = ctypes.c_int, ctypes.c_void_p

REALS = {
    np.dtype(np.float32): ("cblas_sgemm", ctypes.c_float),
    np.dtype(np.float64): ("cblas_dgemm", ctypes.c_double),
}


class Packed:
    """The matrix (K, N) as MKL packs it for products with R rows."""

    def __init__(self, mkl: ctypes.CDLL, R: int, K: int, N: int, dtype: DType) -> None:
        name, self.real = REALS[dtype]
        size_of, self.pack = mkl[f"{name}_pack_get_size"], mkl[f"{name}_pack"]
        size_of.restype = ctypes.c_size_t
        self.nbytes = size_of(MATRIX_B, R, N, K)
        self.memory = empty((self.nbytes,), np.dtype(np.uint8))
        self.address = self.memory.ctypes.data
        self.sizes = R, N, K
        self.multiply = _multiply(mkl, dtype)

    def prepare(self, w: Floats) -> None:
        by_rows = w.strides[1] == w.itemsize
        self.pack(
            ROW_MAJOR,
            MATRIX_B,
            PLAIN if by_rows else TRANSPOSED,
            *self.sizes,
            self.real(1.0),
            POINTER(w.ctypes.data),
            w.strides[0 if by_rows else 1] // w.itemsize,
            POINTER(self.address),
        )

    def __call__(self, x: Floats, out: Floats) -> None:
        self.multiply(x, self.address, out)


@cache
def _multiply(mkl: ctypes.CDLL, dtype: DType) -> Callable[[Floats, int, Floats], None]:
    """The call of MKL, compiled: ctypes alone would take a quarter of a step's time to make it."""
    name, real = REALS[dtype]
    compute: Any = mkl[f"{name}_compute"]
    compute.restype = None
    compute.argtypes = [*[INT] * 6, POINTER, INT, POINTER, INT, real, POINTER, INT]
    zero, size = dtype.type(0.0), dtype.itemsize

    @numba.njit(nogil=True)
    def multiply(x: Any, packed: Any, out: Any) -> None:
        (R, K), N = x.shape, out.shape[1]
        ldx, ldout = x.strides[0] // size, out.strides[0] // size
        compute(
            ROW_MAJOR, PLAIN, PACKED, R, N, K, x.ctypes.data, ldx, packed, N, zero,
            out.ctypes.data, ldout,
        )  # fmt: skip

    compiled: Callable[[Floats, int, Floats], None] = multiply
    return compiled


def product(R: int, K: int, N: int, dtype: DType) -> Product:
    """A packed product; of a single row, which is bound by memory, a plain one."""
    mkl = library()
    assert mkl is not None
    return Packed(mkl, R, K, N, dtype) if R > 1 else Plain(K, N, dtype)


@cache
def library() -> ctypes.CDLL | None:
    """MKL, if it is installed and can be loaded."""
    try:
        found = [file for file in files("mkl") or () if "mkl_rt" in file.name]
        return ctypes.CDLL(str(found[0].locate())) if found else None
    except (PackageNotFoundError, OSError):
        return None


def name() -> str:
    """MKL and its version."""
    return f"MKL {version('mkl')}"
