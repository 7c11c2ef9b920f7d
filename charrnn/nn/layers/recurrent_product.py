"""What a step reads of the past: h W, for one h after the other, and the way back."""

from collections.abc import Callable
from itertools import count
from typing import TypeAlias

import numpy as np

from charrnn.nn.arrays import DType, Floats, empty
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.layers.norm import Norm
from charrnn.nn.ops import rows

Reader: TypeAlias = Callable[[Floats, Floats], None]


class Recurrence:
    """The product of h (B, K) with one matrix (K, N) at every step of a chunk.

    On the way some of h may be dropped, the same units at every step (Gal and Ghahramani 2016), and
    the result may be normalised (Ba, Kiros and Hinton 2016, eq. 20): gain * norm(h W).

    It is memory and belongs to a tape. `reader` and `back_reader` give what a loop over time calls;
    without dropping and norm that is the bare product.
    """

    def __init__(
        self, T: int, B: int, K: int, N: int, dtype: DType, kernels: Kernels, norm: bool
    ) -> None:
        self.product = kernels.product(B, K, N, dtype)
        self.back = kernels.product(B, N, K, dtype)
        self.masked = empty((B, K), dtype)
        self.norm = Norm(T, B, N, dtype) if norm else None
        self.da = empty((T if norm else 0, B, N), dtype)  # gradients of the bare products

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        own = self.product.nbytes + self.back.nbytes + self.masked.nbytes + self.da.nbytes
        return own + (self.norm.nbytes if self.norm else 0)

    def prepare(self, w: Floats) -> None:
        """Lay W out for the steps to come."""
        self.product.prepare(w)

    def reader(self, mask: Floats | None, gain: Floats | None) -> Reader:
        """What computes (h, out) for the steps of a chunk, in their order."""
        read: Reader = self.product
        if mask is not None:
            read = self._drop_first(mask, read)
        return read if gain is None else self._norm_last(gain, read)

    def back_reader(
        self, w: Floats, mask: Floats | None, gain: Floats | None, steps: int
    ) -> Reader:
        """What computes (dout, dh) for `steps` steps, the last one first."""
        self.back.prepare(w.T)
        read: Reader = self.back
        if gain is not None:
            read = self._norm_first(gain, read, steps)
        return read if mask is None else self._drop_last(mask, read)

    def weight_gradients(
        self,
        h: Floats,
        dout: Floats,
        mask: Floats | None,
        dw: Floats,
        dgain: Floats | None,
    ) -> None:
        """dW and the gain's gradient, once all steps have gone back.

        `h` (T, B, K) is what was read at each step, and is dropped from here in place; `dout`
        (T, B, N) is the gradient of what came out.
        """
        if mask is not None:
            np.multiply(h, mask, out=h)
        if self.norm is not None and dgain is not None:
            self.norm.gain_gradient(dout, dgain)
            dout = self.da[: len(dout)]
        np.matmul(rows(h).T, rows(dout), out=dw)

    def _drop_first(self, mask: Floats, read: Reader) -> Reader:
        def dropped(h: Floats, out: Floats) -> None:
            np.multiply(h, mask, out=self.masked)
            read(self.masked, out)

        return dropped

    def _drop_last(self, mask: Floats, read: Reader) -> Reader:
        def dropped(dout: Floats, dh: Floats) -> None:
            read(dout, dh)
            np.multiply(dh, mask, out=dh)

        return dropped

    def _norm_last(self, gain: Floats, read: Reader) -> Reader:
        norm, steps = self.norm, count()
        assert norm is not None

        def normed(h: Floats, out: Floats) -> None:
            t = next(steps)
            read(h, norm.y[t])
            norm.forward(t, gain, out)

        return normed

    def _norm_first(self, gain: Floats, read: Reader, steps: int) -> Reader:
        norm, last_to_first = self.norm, iter(reversed(range(steps)))
        assert norm is not None

        def normed(dout: Floats, dh: Floats) -> None:
            t = next(last_to_first)
            norm.backward(t, dout, gain, self.da[t])
            read(self.da[t], dh)

        return normed
