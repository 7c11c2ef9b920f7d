"""Layer normalisation (Ba, Kiros and Hinton 2016): every row gets mean 0 and variance 1."""

import numpy as np

from charrnn.nn.arrays import DType, Floats, empty
from charrnn.nn.ops import ones

EPS = 1e-5  # added to the variance, as in PyTorch


class Norm:
    """out = gain * (x - mean(x)) / deviation(x), for T blocks of R rows (R, N); eq. 4.

    It is memory and belongs to a tape: y keeps the normalised rows of every block.
    """

    def __init__(self, T: int, R: int, N: int, dtype: DType) -> None:
        self.y = empty((T, R, N), dtype)
        self.deviations = empty((T, R), dtype)
        self.sums = empty((R,), dtype)
        self.scratch = empty((R, N), dtype)

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        return sum(array.nbytes for array in vars(self).values())

    def forward_(self, t: int, gain: Floats, out: Floats) -> None:
        """out (R, N) from the rows in y[t], which are normalised in place."""
        y, deviations = self.y[t][: len(out)], self.deviations[t][: len(out)]
        N = y.shape[1]
        np.matmul(y, ones(N, y.dtype), out=deviations)
        np.divide(deviations, N, out=deviations)
        np.subtract(y, deviations[:, None], out=y)
        np.einsum("rn,rn->r", y, y, out=deviations)
        np.divide(deviations, N, out=deviations)
        np.add(deviations, EPS, out=deviations)
        np.sqrt(deviations, out=deviations)
        np.divide(y, deviations[:, None], out=y)
        np.multiply(y, gain, out=out)

    def backward(self, t: int, dout: Floats, gain: Floats, dx: Floats) -> None:
        """dx (R, N) of block `t`, which may be dout: (dy - mean(dy) - y mean(dy y)) / deviation."""
        R, N = dout.shape
        y, sums, scratch = self.y[t][:R], self.sums[:R], self.scratch[:R]
        np.multiply(dout, gain, out=dx)
        np.einsum("rn,rn->r", dx, y, out=sums)
        np.divide(sums, -N, out=sums)
        np.multiply(y, sums[:, None], out=scratch)
        np.matmul(dx, ones(N, dx.dtype), out=sums)
        np.divide(sums, N, out=sums)
        np.subtract(dx, sums[:, None], out=dx)
        np.add(dx, scratch, out=dx)
        np.divide(dx, self.deviations[t][:R, None], out=dx)

    def gain_gradient(self, dout: Floats, dgain: Floats) -> None:
        """The gradient of the gain (N,), from that of all results, (T, R, N)."""
        T, R, _ = dout.shape
        np.einsum("trn,trn->n", dout, self.y[:T, :R], out=dgain)
