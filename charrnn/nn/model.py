"""The character model: characters in, a distribution over the next character out.

ids -> Stack -> Head -> logits -> CrossEntropy
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from charrnn.nn.arrays import DType, Floats, Ids, Shape, States, empty
from charrnn.nn.cells import Cell
from charrnn.nn.chunk import Chunk
from charrnn.nn.initializers import Initializer
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.head import Head
from charrnn.nn.layers.loss import CrossEntropy, LossTape
from charrnn.nn.layers.noise import QUIET, DropoutRates, NoiseKey
from charrnn.nn.ops import rows
from charrnn.nn.params import Params
from charrnn.nn.rng import stream
from charrnn.nn.stack import Stack
from charrnn.nn.tape import ModelTape


@dataclass(frozen=True)
class CharModel:
    """A recurrent stack between a vocabulary and itself. It holds sizes, no arrays."""

    vocab_size: int
    cells: tuple[Cell, ...]
    embedding_size: int = 0  # 0: one-hot
    tied: bool = False
    dropout: DropoutRates = QUIET
    learn_initial_state: bool = False
    label_smoothing: float = 0.0

    @cached_property
    def stack(self) -> Stack:
        return Stack(
            self.vocab_size,
            self.cells,
            self.embedding_size,
            self.dropout,
            self.learn_initial_state,
        )

    @cached_property
    def head(self) -> Head:
        return Head(self.cells[-1].hidden_size, self.vocab_size, self.tied)

    @cached_property
    def loss(self) -> CrossEntropy:
        """Cross-entropy without label smoothing, for evaluation."""
        return CrossEntropy(self.vocab_size)

    @cached_property
    def objective(self) -> CrossEntropy:
        """The loss that training minimises."""
        return CrossEntropy(self.vocab_size, self.label_smoothing)

    def shapes(self) -> dict[str, Shape]:
        """Every weight by its full name, as `layers.0.Wh`, in the order of the forward pass."""
        head = {f"head.{name}": shape for name, shape in self.head.shapes().items()}
        return self.stack.shapes() | head

    def vocabulary_axes(self) -> dict[str, int]:
        """Which axis counts characters, of the weights that have such an axis."""
        first = {"embedding": 0} if self.embedding_size else {"layers.0.Wx": 0}
        return first | {"head.by": 0} | ({} if self.tied else {"head.Wy": 1})

    def init(self, seed: int, initializer: Initializer, dtype: DType) -> Params:
        """Fresh weights. Each part draws from a random stream of its own."""
        p = Params.zeros(self.shapes(), dtype)
        self.stack.init_(p, seed, initializer)
        if not self.tied:
            initializer.input_(p["head.Wy"], stream(seed, "init.head"))
        return p

    def initial_state(self, p: Params, B: int) -> States:
        """The state before the first character: zeros, or what was learned."""
        return self.stack.initial_state(p, B)

    def tape(self, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY) -> ModelTape:
        """Memory for chunks of up to T steps of B tracks, and the kernels that work on it."""
        return ModelTape(
            stack=self.stack.tape(T, B, dtype, kernels),
            logits=empty((T, B, self.vocab_size), dtype),
            loss=LossTape.empty(T * B, dtype),
        )

    def prepare(self, p: Params, tape: ModelTape, key: NoiseKey | None = None) -> None:
        """Lay the weights out on `tape` for `forward`: once, after they have changed."""
        self.stack.prepare(p, tape.stack, key)

    def forward(
        self,
        p: Params,
        ids: Ids,
        state: States,
        tape: ModelTape,
        key: NoiseKey | None = None,
        *,
        carry: int | None = None,
        skip: int = 0,
    ) -> States:
        """Logits for `ids` (T, B) into tape.logits, which has T steps; returns the last state.

        `prepare` has laid `p` out on the tape, with the same key; without a key nothing is dropped.
        The state is the tape's own memory: it lasts, and may be handed in, until the next
        `forward`. With `carry` it is the state after that many steps. The logits of the first
        `skip` steps are not computed.
        """
        x = self.stack.forward(p, ids, state, tape.stack, key)
        self.head.forward(
            p.scope("head"), p.get("embedding"), rows(x[skip:]), rows(tape.logits[skip:])
        )
        if carry is not None:
            return tuple(block.cell.leave(carry) for block in tape.stack.blocks)
        return tuple(block.cell.last for block in tape.stack.blocks)

    def losses(self, targets: Ids, tape: ModelTape) -> Floats:
        """The loss of each target (T, B), in nats, from tape.logits, which become their softmax."""
        self.loss.forward_(rows(tape.logits), targets.reshape(-1), tape.loss)
        return tape.loss.losses

    def loss_and_grads(
        self,
        p: Params,
        g: Params,
        chunk: Chunk,
        state: States | None,
        tape: ModelTape,
        key: NoiseKey | None = None,
    ) -> tuple[float, States]:
        """One chunk, there and back: its loss in nats per character; the gradient fills `g`.

        A `state` of None is the initial one. The last state, or the one after `chunk.carry` steps,
        is returned in the tape's own memory. The loss is the sum over the targets that count,
        divided by `chunk.divisor`.
        """
        start = self.initial_state(p, chunk.x.shape[1]) if state is None else state
        self.prepare(p, tape, key)
        last = self.forward(p, chunk.x, start, tape, key, carry=chunk.carry, skip=chunk.skip)
        loss = self.training_loss_(chunk, tape) / chunk.divisor
        self.loss_backward_(chunk, tape)
        dstart = self.backward(p, g, chunk, tape, key)
        self.initial_gradients(g, dstart, begins=state is None)
        return loss, last

    def training_loss_(self, chunk: Chunk, tape: ModelTape) -> float:
        """The summed losses of the targets that count; tape.logits become their softmax."""
        skip, y = chunk.skip, chunk.y[chunk.skip :]
        counted = tape.loss.first(y.size)
        self.objective.forward_(rows(tape.logits[skip:]), y.reshape(-1), counted)
        losses = counted.losses
        if chunk.weights is not None:
            np.multiply(losses, chunk.weights[skip:].reshape(-1), out=losses)
        return float(losses.sum(dtype=np.float64))

    def loss_backward_(self, chunk: Chunk, tape: ModelTape) -> None:
        """The softmax in tape.logits becomes the gradient of the loss by the logits."""
        dlogits = rows(tape.logits[chunk.skip :])
        self.objective.backward_(dlogits, tape.loss.first(len(dlogits)), 1.0 / chunk.divisor)
        if chunk.weights is not None:
            np.multiply(dlogits, chunk.weights[chunk.skip :].reshape(-1, 1), out=dlogits)

    def backward(
        self,
        p: Params,
        g: Params,
        chunk: Chunk,
        tape: ModelTape,
        key: NoiseKey | None,
        *,
        dlast: States | None = None,
    ) -> States:
        """From the gradient in tape.logits, and of the last state, to that of every weight.

        Returns the gradient of the incoming state, in memory of the tape.
        """
        skip, embedding, dembedding = chunk.skip, p.get("embedding"), g.get("embedding")
        x, dx, dlogits = tape.stack.output(key), tape.stack.dh, tape.logits
        if dembedding is not None:
            dembedding[...] = 0.0
        dx[:skip] = 0.0
        self.head.backward(
            p.scope("head"),
            embedding,
            rows(x[skip:]),
            rows(dlogits[skip:]),
            rows(dx[skip:]),
            g.scope("head"),
            dembedding,
        )
        return self.stack.backward(p, g, chunk.x, tape.stack, key, dlast)

    def initial_gradients(self, g: Params, dstart: States, *, begins: bool) -> None:
        """The initial state learns, if it does, only where the chunk began with it."""
        self.stack.initial_gradients(g, dstart, begins=begins)
