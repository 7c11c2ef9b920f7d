"""The tape of a model: what its forward pass writes and its backward pass reads."""

from dataclasses import dataclass, replace

from charrnn.nn.arrays import Floats
from charrnn.nn.block import BlockTape
from charrnn.nn.layers.dropout import InputDropout
from charrnn.nn.layers.loss import LossTape
from charrnn.nn.layers.norm import Norm
from charrnn.nn.layers.projection import Tables


@dataclass(frozen=True)
class ModelTape:
    """Memory for a chunk: the blocks' tapes, and beside them, in numbers,

    2*V*G*H + V*E + min(V, 256)*T*B for the first layer (and as many bytes for a mask),
    T*B*V + 3*T*B for the logits and their loss, T*B*H for dh, and for layer norm 2*R*(G*H + 1) a
    layer, with R = V for the first one and T*B above.
    """

    blocks: tuple[BlockTape, ...]
    tables: Tables
    norms: tuple[Norm | None, ...]  # of what the layers above the first one read
    inputs: InputDropout | None
    logits: Floats  # (T, B, V)
    loss: LossTape
    dh: Floats  # (T, B, H)

    def first(self, steps: int) -> "ModelTape":
        """The same tape for a chunk of `steps` steps: views, no copies."""
        if steps == len(self.logits):
            return self
        return replace(
            self,
            blocks=tuple(tape.first(steps) for tape in self.blocks),
            logits=self.logits[:steps],
            loss=self.loss.first(steps * self.logits.shape[1]),
            dh=self.dh[:steps],
        )

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        optional = [part for part in (self.inputs, *self.norms) if part is not None]
        parts = (*self.blocks, self.tables, *optional, self.logits, *self.loss, self.dh)
        return sum(part.nbytes for part in parts)
