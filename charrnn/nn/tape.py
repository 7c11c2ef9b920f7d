"""The tape of a model: what its forward pass writes and its backward pass reads."""

from dataclasses import dataclass, replace

from charrnn.nn.arrays import Floats
from charrnn.nn.layers.loss import LossTape
from charrnn.nn.stack import StackTape


@dataclass(frozen=True)
class ModelTape:
    """Memory for a chunk: the stack's, and in numbers T*B*V + 3*T*B for the logits and their loss.

    The largest array is used three times: the logits become their softmax where the loss is taken
    (`training_loss_`, `losses`), and that becomes the gradient of the logits (`loss_backward_`).
    """

    stack: StackTape
    logits: Floats  # (T, B, V)
    loss: LossTape

    def first(self, steps: int) -> "ModelTape":
        """The same tape for a chunk of `steps` steps: views, no copies."""
        T, B, _ = self.logits.shape
        if steps == T:
            return self
        return replace(
            self,
            stack=self.stack.first(steps),
            logits=self.logits[:steps],
            loss=self.loss.first(steps * B),
        )

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        return sum(part.nbytes for part in (self.stack, self.logits, *self.loss))
