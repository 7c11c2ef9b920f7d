"""The recurrent product h W of a step, and its backward: with recurrent dropout and layer norm."""

import numpy as np

from charrnn.nn.arrays import DType, Floats, empty
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.layers.norm import Norm
from charrnn.nn.ops import rows


class RecurrentProduct:
    """The product of h (B, K) with one matrix (K, N) at every step of a chunk.

        out_t = gain * norm((mask * h_{t-1}) W)

    where the mask (B, K) is the same at every step (Gal and Ghahramani 2016), and the norm is that
    of Ba, Kiros and Hinton (2016), eq. 20. Either may be absent. It is memory and belongs to a
    tape: T steps of the masked h, of the normalised rows and of their gradients, where there are
    such.
    """

    def __init__(
        self,
        T: int,
        B: int,
        K: int,
        N: int,
        dtype: DType,
        kernels: Kernels,
        norm: bool,
        rates: DropoutRates,
    ) -> None:
        self.product = kernels.product(B, K, N, dtype)
        self.back = kernels.product(B, N, K, dtype)
        self.norm = Norm(T, B, N, dtype) if norm else None
        self.masked = empty((T if rates.recurrent else 0, B, K), dtype)  # mask * h_{t-1}
        self.da = empty((T if norm else 0, B, N), dtype)  # gradients of the bare products
        self.mask: Floats | None = None
        self.gain: Floats | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays; mask and gain are lent."""
        own = self.product.nbytes + self.back.nbytes + self.masked.nbytes + self.da.nbytes
        return own + (self.norm.nbytes if self.norm else 0)

    def prepare(self, w: Floats, gain: Floats | None, mask: Floats | None) -> None:
        """Lay W out for `forward`, with the gain (N,) of the norm and the mask of the dropout."""
        self.gain, self.mask = gain, mask
        self.product.prepare(w)

    def prepare_back(self, w: Floats) -> None:
        """Lay W's transpose out for `backward`."""
        self.back.prepare(w.T)

    def forward(self, t: int, h: Floats, out: Floats) -> None:
        """out (B, N) of step `t` from h (B, K)."""
        if self.mask is not None:
            h = np.multiply(h, self.mask, out=self.masked[t])
        if self.norm is None or self.gain is None:
            self.product(h, out)
        else:
            self.product(h, self.norm.y[t])
            self.norm.forward_(t, self.gain, out)

    def backward(self, t: int, dout: Floats, dh: Floats) -> None:
        """dh (B, K) of step `t` from dout (B, N)."""
        if self.norm is not None and self.gain is not None:
            self.norm.backward(t, dout, self.gain, self.da[t])
            dout = self.da[t]
        self.back(dout, dh)
        if self.mask is not None:
            np.multiply(dh, self.mask, out=dh)

    def weight_gradients(
        self, h: Floats, dout: Floats, dw: Floats, dgain: Floats | None = None
    ) -> None:
        """dW and the gradient of the gain, after all steps have gone back.

        `h` (T, B, K) is what `forward` was given, `dout` (T, B, N) the gradient of its results.
        """
        if self.mask is not None:
            h = self.masked[: len(h)]
        if self.norm is not None and dgain is not None:
            self.norm.gain_gradient(dout, dgain)
            dout = self.da[: len(dout)]
        np.matmul(rows(h).T, rows(dout), out=dw)
