"""From what a layer reads to the pre-activations of its cell: z = x Wx + b, all steps at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Bools, DType, Floats, Ids, Shape, empty
from charrnn.kernels.base import Kernels
from charrnn.ops import gather_rows, scatter_rows, sum_rows

ROWS_AT_ONCE = 256


class Tables(NamedTuple):
    """Memory for what belongs to every character rather than to every step."""

    z: Floats  # (V, G*H): Wx + b, behind an embedding E Wx + b
    dz: Floats  # (V, G*H)
    dembedding: Floats  # (V, E)
    mask: Bools  # (min(V, 256), T*B)
    one_hot: Floats  # (min(V, 256), T*B)
    scatter: Callable[[Ids, Floats, Floats, Bools, Floats], None]


@dataclass(frozen=True)
class FromIds:
    """The first layer reads characters. Their one-hot rows are never made: x Wx is a row of Wx.

    With an embedding E (V, E) in front, x E Wx is a row of E Wx, so the products are taken over the
    V rows of the alphabet and not over the T*B characters of a chunk.
    """

    vocab_size: int
    embedding_size: int  # 0: one-hot
    width: int  # G*H

    def shapes(self) -> dict[str, Shape]:
        return {"Wx": (self.embedding_size or self.vocab_size, self.width)}

    def tables(self, R: int, dtype: DType, kernels: Kernels) -> Tables:
        """Memory for chunks of up to R = T*B characters."""
        V = self.vocab_size
        return Tables(
            z=empty((V, self.width), dtype),
            dz=empty((V, self.width), dtype),
            dembedding=empty((V, self.embedding_size), dtype),
            mask=empty((min(V, ROWS_AT_ONCE), R), np.dtype(bool)),
            one_hot=empty((min(V, ROWS_AT_ONCE), R), dtype),
            scatter=kernels.step(scatter_rows),
        )

    def load(self, p: dict[str, Floats], embedding: Floats | None, tables: Tables) -> None:
        """z of every character, for `forward`: once, after the weights have changed."""
        if embedding is None:
            np.add(p["Wx"], p["b"], out=tables.z)
        else:
            np.matmul(embedding, p["Wx"], out=tables.z)
            np.add(tables.z, p["b"], out=tables.z)

    def forward(self, ids: Ids, z: Floats, tables: Tables) -> None:
        """z (R, G*H) from `ids` (R,)."""
        gather_rows(tables.z, ids, out=z)

    def backward(
        self,
        p: dict[str, Floats],
        embedding: Floats | None,
        ids: Ids,
        dz: Floats,
        tables: Tables,
        g: dict[str, Floats],
        dembedding: Floats | None,
    ) -> None:
        """The gradients of Wx and b into `g`; that of the embedding is added to `dembedding`."""
        R = len(ids)
        tables.scatter(ids, dz, tables.dz, tables.mask[:, :R], tables.one_hot[:, :R])
        sum_rows(tables.dz, out=g["b"])
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

    def shapes(self) -> dict[str, Shape]:
        return {"Wx": (self.input_size, self.width)}

    def forward(self, p: dict[str, Floats], x: Floats, z: Floats) -> None:
        """z (R, G*H) from `x` (R, D)."""
        np.matmul(x, p["Wx"], out=z)
        np.add(z, p["b"], out=z)

    def backward(
        self, p: dict[str, Floats], x: Floats, dz: Floats, dx: Floats, g: dict[str, Floats]
    ) -> None:
        """The gradients of Wx and b into `g`, that of x into `dx` (R, D)."""
        np.matmul(x.T, dz, out=g["Wx"])
        sum_rows(dz, out=g["b"])
        np.matmul(dz, p["Wx"].T, out=dx)
