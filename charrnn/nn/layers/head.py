"""The head: from hidden states to the logits of every character of the vocabulary."""

from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Floats, Shape, Weights
from charrnn.nn.ops import sum_rows


@dataclass(frozen=True)
class Head:
    """logits = x Wy + by. Tied, Wy is the embedding's transpose (Press and Wolf 2017)."""

    input_size: int
    vocab_size: int
    tied: bool

    def shapes(self) -> dict[str, Shape]:
        bias: dict[str, Shape] = {"by": (self.vocab_size,)}
        return bias if self.tied else {"Wy": (self.input_size, self.vocab_size), **bias}

    def forward(self, p: Weights, embedding: Floats | None, x: Floats, logits: Floats) -> None:
        """Logits (R, V) from x (R, H)."""
        np.matmul(x, self._Wy(p, embedding), out=logits)
        np.add(logits, p["by"], out=logits)

    def backward(
        self,
        p: Weights,
        embedding: Floats | None,
        x: Floats,
        dlogits: Floats,
        dx: Floats,
        g: Weights,
        dembedding: Floats | None,
    ) -> None:
        """The gradients of the weights into `g`, if tied into `dembedding`; that of x into dx."""
        np.matmul(x.T, dlogits, out=self._Wy(g, dembedding))
        sum_rows(dlogits, out=g["by"])
        np.matmul(dlogits, self._Wy(p, embedding).T, out=dx)

    def _Wy(self, p: Weights, embedding: Floats | None) -> Floats:
        return p["Wy"] if embedding is None or not self.tied else embedding.T
