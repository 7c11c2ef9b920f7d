"""From what a layer reads to the pre-activations of its cell: z = x Wx + b, all steps at once."""

from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Floats, Ids, Shape
from charrnn.ops import gather_rows, scatter_rows, sum_rows


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

    def tables(self, dtype: np.dtype[np.floating]) -> Floats:
        """Memory for z of every character and its gradient: (2, V, G*H)."""
        return np.empty((2, self.vocab_size, self.width), dtype)

    def forward(
        self, p: dict[str, Floats], embedding: Floats | None, ids: Ids, z: Floats, tables: Floats
    ) -> None:
        """z (R, G*H) from `ids` (R,)."""
        table = tables[0]
        if embedding is None:
            np.add(p["Wx"], p["b"], out=table)
        else:
            np.matmul(embedding, p["Wx"], out=table)
            np.add(table, p["b"], out=table)
        gather_rows(table, ids, out=z)

    def backward(
        self,
        p: dict[str, Floats],
        embedding: Floats | None,
        ids: Ids,
        dz: Floats,
        tables: Floats,
        g: dict[str, Floats],
        dembedding: Floats | None,
    ) -> None:
        """The gradients of Wx and b into `g`; that of the embedding is added to `dembedding`."""
        dtable = tables[1]
        scatter_rows(ids, dz, out=dtable)
        sum_rows(dtable, out=g["b"])
        if embedding is None or dembedding is None:
            g["Wx"][...] = dtable
        else:
            np.matmul(embedding.T, dtable, out=g["Wx"])
            np.add(dembedding, dtable @ p["Wx"].T, out=dembedding)


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
