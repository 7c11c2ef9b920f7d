"""Names for arrays, and the legend of their shapes.

    T  steps in a chunk          V  vocabulary            G  gates: 1 RNN, 4 LSTM, 3 GRU
    B  parallel tracks (batch)   E  embedding width       L  layers
    D  input width of a layer    H  hidden units          N  parameters in all

Arrays are time-major, (T, B, .), and C-contiguous. Buffers of h and c have T+1 rows:
row 0 is the incoming state, so h[t] is what step t starts from and h[t+1] its result.
Weights multiply from the right: (T*B, D) @ (D, G*H), the gates side by side.
`dX` is the gradient of the loss with respect to X, and has the shape of X.
Losses are in nats per character unless a name says otherwise.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
Ids: TypeAlias = NDArray[np.integer[Any]]
Bools: TypeAlias = NDArray[np.bool_]
Shape: TypeAlias = tuple[int, ...]
DType: TypeAlias = np.dtype[np.floating[Any]]
Weights: TypeAlias = Mapping[str, Floats]  # by name: of a layer, or their gradients
State: TypeAlias = tuple[Floats, ...]  # of a layer: (h,) or (h, c), each (B, H)
States: TypeAlias = tuple[State, ...]  # of a model: one State per layer

DTYPES: dict[str, type[np.floating[Any]]] = {"float32": np.float32, "float64": np.float64}

LINE = 64  # bytes of a cache line, and of a register of AVX-512


_hollow = ContextVar("_hollow", default=False)


@contextmanager
def shapes_only() -> Iterator[None]:
    """In the block, arrays made by `empty` and `zeros` have a shape and a size, but no memory.

    So the size of any object that makes arrays can be read from its `nbytes` before it exists.
    """
    token = _hollow.set(True)
    try:
        yield
    finally:
        _hollow.reset(token)


def empty(shape: Shape, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Memory of `shape` that begins with a cache line, which NumPy's own does not.

    Element-wise operations on it run up to twice as fast: no register straddles two lines. Raises
    MemoryError, also for sizes that no machine can address.
    """
    nbytes = prod(shape) * dtype.itemsize
    if nbytes > sys.maxsize - LINE:
        raise MemoryError(f"an array of {nbytes:.1e} bytes")
    if _hollow.get():
        return np.broadcast_to(np.empty((), dtype), shape)
    memory = np.empty(nbytes + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    array: NDArray[Any] = memory[start : start + nbytes].view(dtype).reshape(shape)
    return array


def zeros(shape: Shape, dtype: np.dtype[Any]) -> NDArray[Any]:
    """`empty`, filled with 0."""
    array = empty(shape, dtype)
    if not _hollow.get():
        array[...] = 0
    return array
