"""Products in tiles, for the BLAS that NumPy's own packages bring.

OpenBLAS copies both operands of a product into an order of its own before it multiplies, unless the
product is small. For the few rows of a time step the copy of the weights costs as much as the
product. So the weights are laid out once a chunk as tiles, each small enough to be multiplied as it
lies: measured 1.2 to 1.5 times as fast (`scripts/bench.py products`).
"""

from functools import cache

import numpy as np

from charrnn.nn.arrays import DType, Floats, empty

WIDTH = 32  # columns of a tile: two registers of 16
SMALL = 1_000_000  # multiplications up to which OpenBLAS copies nothing
FEW = 12  # rows from which tiles gain
DEPTH = range(64, 513)  # rows of a tile: fewer are all overhead, more do not stay in the cache


class Tiled:
    """The matrix (K, N) as (K/depth, N/32) tiles, each (depth, 32) and contiguous."""

    def __init__(self, R: int, K: int, N: int, dtype: DType) -> None:
        depth = depth_of(R, K)
        self.tiles = empty((K // depth, N // WIDTH, depth, WIDTH), dtype)
        self.parts = empty((K // depth, R, N), dtype)
        self.nbytes = self.tiles.nbytes + self.parts.nbytes

    def prepare(self, w: Floats) -> None:
        layers, columns, depth, _ = self.tiles.shape
        np.copyto(self.tiles, w.reshape(layers, depth, columns, WIDTH).swapaxes(1, 2))

    def __call__(self, x: Floats, out: Floats) -> None:
        layers, columns, depth, _ = self.tiles.shape
        R = len(x)
        if layers == 1:
            np.matmul(x, self.tiles[0], out=out.reshape(R, columns, WIDTH).swapaxes(0, 1))
            return
        parts = self.parts.reshape(layers, R, columns, WIDTH).swapaxes(1, 2)
        np.matmul(x.reshape(R, layers, depth).swapaxes(0, 1)[:, None], self.tiles, out=parts)
        np.add.reduce(self.parts, axis=0, out=out)


def depth_of(R: int, K: int) -> int:
    """The deepest equal tiles of K rows that a product with R rows can be small with; 0 if none."""
    fits = (d for d in DEPTH if K % d == 0 and R * d * WIDTH <= SMALL)
    return max(fits, default=0)


def tiles_pay(R: int, K: int, N: int, dtype: DType) -> bool:
    """Whether these shapes can be tiled, and NumPy's BLAS is one that gains by it."""
    return (
        R >= FEW
        and dtype == np.float32
        and N % WIDTH == 0
        and N > WIDTH
        and depth_of(R, K) > 0
        and _blas_gains()
    )


@cache
def _blas_gains() -> bool:
    """OpenBLAS, with AVX-512: elsewhere it has no products without a copy."""
    build = np.show_config(mode="dicts")
    blas = build["Build Dependencies"]["blas"]["name"]
    simd = build["SIMD Extensions"]
    has_avx512 = {"X86_V4", "AVX512_SKX"} & {*simd.get("found", ()), *simd.get("baseline", ())}
    return "openblas" in blas and bool(has_avx512)
