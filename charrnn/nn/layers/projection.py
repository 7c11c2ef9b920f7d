"""The input projection of a layer: z = x Wx + b, for all steps of a chunk at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charrnn.nn.arrays import Bools, DType, Floats, Ids, Shape, Weights, empty
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.layers.norm import Norm
from charrnn.nn.ops import gather_rows, scatter_rows, sum_rows

ROWS_AT_ONCE = 256


class Tables(NamedTuple):
    """Memory with one row per symbol of the alphabet, rather than per step."""

    z: Floats  # (V, G*H): Wx + b, behind an embedding E Wx + b
    dz: Floats  # (V, G*H)
    dembedding: Floats  # (V, E)
    mask: Bools  # (min(V, 256), T*B)
    one_hot: Floats  # (min(V, 256), T*B)
    norm: Norm | None  # of the V rows
    scatter: Callable[[Ids, Floats, Floats, Bools, Floats], None]

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        return sum(part.nbytes for part in self[:6] if part is not None)


@dataclass(frozen=True)
class FromIds:
    """The first layer reads characters. Their one-hot rows are never made: x Wx is a row of Wx.

    With an embedding E (V, E) in front, x E Wx is a row of E Wx, so the products are taken over the
    V rows of the alphabet and not over the T*B characters of a chunk; and so is a norm.
    """

    vocab_size: int
    embedding_size: int  # 0: one-hot
    width: int  # G*H
    norm: bool = False

    def shapes(self) -> dict[str, Shape]:
        return _shapes(self.embedding_size or self.vocab_size, self.width, self.norm)

    def tables(self, R: int, dtype: DType, kernels: Kernels) -> Tables:
        """Memory for chunks of up to R = T*B characters."""
        V = self.vocab_size
        return Tables(
            z=empty((V, self.width), dtype),
            dz=empty((V, self.width), dtype),
            dembedding=empty((V, self.embedding_size), dtype),
            mask=empty((min(V, ROWS_AT_ONCE), R), np.dtype(bool)),
            one_hot=empty((min(V, ROWS_AT_ONCE), R), dtype),
            norm=Norm(1, V, self.width, dtype) if self.norm else None,
            scatter=kernels.step(scatter_rows),
        )

    def prepare(self, p: Weights, embedding: Floats | None, tables: Tables) -> None:
        """z of every character, for `forward`: once, after the weights have changed."""
        product = p["Wx"]
        if embedding is not None:
            product = np.matmul(embedding, product, out=tables.z)
        if tables.norm:
            np.copyto(tables.norm.y[0], product)
            tables.norm.forward_(0, p["gx"], out=tables.z)
            product = tables.z
        np.add(product, p["b"], out=tables.z)

    def forward(
        self, p: Weights, ids: Ids, z: Floats, tables: Tables, kept: Floats | None = None
    ) -> None:
        """z (R, G*H) from `ids` (R,). `kept` (R,) is what each character is multiplied with."""
        gather_rows(tables.z, ids, out=z)
        if kept is not None:
            np.subtract(z, p["b"], out=z)
            np.multiply(z, kept[:, None], out=z)
            np.add(z, p["b"], out=z)

    def backward_(
        self,
        p: Weights,
        embedding: Floats | None,
        ids: Ids,
        dz: Floats,
        tables: Tables,
        g: Weights,
        dembedding: Floats | None,
        kept: Floats | None = None,
    ) -> None:
        """The gradients of the weights into `g`; that of the embedding is added to `dembedding`.

        Overwrites dz where not all characters are kept.
        """
        R = len(ids)
        if kept is not None:
            sum_rows(dz, out=g["b"])
            np.multiply(dz, kept[:, None], out=dz)
        tables.scatter(ids, dz, tables.dz, tables.mask[:, :R], tables.one_hot[:, :R])
        if kept is None:
            sum_rows(tables.dz, out=g["b"])
        if tables.norm:
            tables.norm.gain_gradient(tables.dz[None], g["gx"])
            tables.norm.backward(0, tables.dz, p["gx"], tables.dz)
        if embedding is None or dembedding is None:
            np.copyto(g["Wx"], tables.dz)
        else:
            np.matmul(embedding.T, tables.dz, out=g["Wx"])
            np.matmul(tables.dz, p["Wx"].T, out=tables.dembedding)
            np.add(dembedding, tables.dembedding, out=dembedding)


@dataclass(frozen=True)
class FromHidden:
    """A higher layer reads the hidden states of the one below: one GEMM over all T*B rows."""

    input_size: int
    width: int  # G*H
    norm: bool = False

    def shapes(self) -> dict[str, Shape]:
        return _shapes(self.input_size, self.width, self.norm)

    def tape(self, R: int, dtype: DType) -> Norm | None:
        """Memory for chunks of up to R = T*B rows."""
        return Norm(1, R, self.width, dtype) if self.norm else None

    def forward(self, p: Weights, x: Floats, z: Floats, norm: Norm | None = None) -> None:
        """z (R, G*H) from `x` (R, D)."""
        if norm:
            np.matmul(x, p["Wx"], out=norm.y[0, : len(x)])
            norm.forward_(0, p["gx"], out=z)
        else:
            np.matmul(x, p["Wx"], out=z)
        np.add(z, p["b"], out=z)

    def backward_(
        self,
        p: Weights,
        x: Floats,
        dz: Floats,
        dx: Floats,
        g: Weights,
        norm: Norm | None = None,
    ) -> None:
        """The gradients of the weights into `g`, that of x into `dx` (R, D). A norm changes dz."""
        sum_rows(dz, out=g["b"])
        if norm:
            norm.gain_gradient(dz[None], g["gx"])
            norm.backward(0, dz, p["gx"], dz)
        np.matmul(x.T, dz, out=g["Wx"])
        np.matmul(dz, p["Wx"].T, out=dx)


def _shapes(D: int, width: int, norm: bool) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {"Wx": (D, width)}
    return {**shapes, "gx": (width,)} if norm else shapes
