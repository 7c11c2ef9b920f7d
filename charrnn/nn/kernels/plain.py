"""Products as NumPy makes them, by any BLAS."""

import numpy as np

from charrnn.nn.arrays import DType, Floats, empty
from charrnn.nn.kernels.base import Kernels, Product
from charrnn.nn.kernels.tiled import Tiled, tiles_pay


class Plain:
    """np.matmul. A transposed matrix is copied first: contiguous, it multiplies a third faster."""

    def __init__(self, K: int, N: int, dtype: DType) -> None:
        self.w = empty((K, N), dtype)
        self.nbytes = self.w.nbytes

    def prepare(self, w: Floats) -> None:
        np.copyto(self.w, w)

    def __call__(self, x: Floats, out: Floats) -> None:
        np.matmul(x, self.w, out=out)


def product(R: int, K: int, N: int, dtype: DType) -> Product:
    """The best product that NumPy has for these shapes on this machine."""
    return Tiled(R, K, N, dtype) if tiles_pay(R, K, N, dtype) else Plain(K, N, dtype)


NUMPY = Kernels("numpy", product)
