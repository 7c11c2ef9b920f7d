"""The character model: characters in, a distribution over the next character out.

ids -> FromIds -> Block -> (FromHidden -> Block) * -> Head -> logits
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from charrnn.nn.arrays import DType, Floats, Ids, Shape, State, States, empty
from charrnn.nn.block import Block
from charrnn.nn.cells import Cell
from charrnn.nn.chunk import Chunk
from charrnn.nn.initializers import Initializer
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.layers.dropout import Dropout, InputDropout
from charrnn.nn.layers.head import Head
from charrnn.nn.layers.loss import CrossEntropy, LossTape
from charrnn.nn.layers.noise import QUIET, DropoutRates, NoiseKey
from charrnn.nn.layers.projection import FromHidden, FromIds
from charrnn.nn.ops import rows
from charrnn.nn.params import Params
from charrnn.nn.rng import stream
from charrnn.nn.tape import ModelTape


@dataclass(frozen=True)
class CharModel:
    """A stack of cells of one width between a vocabulary and itself. It holds sizes, no arrays."""

    vocab_size: int
    cells: tuple[Cell, ...]
    embedding_size: int = 0  # 0: one-hot
    tied: bool = False
    dropout: DropoutRates = QUIET
    learn_initial_state: bool = False
    label_smoothing: float = 0.0

    @cached_property
    def from_ids(self) -> FromIds:
        cell = self.cells[0]
        width = len(cell.gates) * cell.hidden_size
        return FromIds(self.vocab_size, self.embedding_size, width, cell.layer_norm)

    @cached_property
    def from_hidden(self) -> tuple[FromHidden, ...]:
        """The projections of layers 1, 2, ..."""
        below = [cell.hidden_size for cell in self.cells]
        return tuple(
            FromHidden(D, len(cell.gates) * cell.hidden_size, cell.layer_norm)
            for D, cell in zip(below, self.cells[1:], strict=False)
        )

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        rates = [*[self.dropout.hidden] * (len(self.cells) - 1), self.dropout.output]
        return tuple(
            Block(k, cell, self.dropout, self._dropout(rate))
            for k, (cell, rate) in enumerate(zip(self.cells, rates, strict=True))
        )

    @cached_property
    def head(self) -> Head:
        return Head(self.cells[-1].hidden_size, self.vocab_size, self.tied)

    @cached_property
    def loss(self) -> CrossEntropy:
        """Of a prediction; the one that is trained for may be another."""
        return CrossEntropy(self.vocab_size)

    @cached_property
    def objective(self) -> CrossEntropy:
        """What training minimises."""
        return CrossEntropy(self.vocab_size, self.label_smoothing)

    def shapes(self) -> dict[str, Shape]:
        """Every weight by its full name, as `layers.0.Wh`, in the order of the forward pass."""
        shapes: dict[str, Shape] = {}
        if self.embedding_size:
            shapes["embedding"] = (self.vocab_size, self.embedding_size)
        for k, (cell, below) in enumerate(zip(self.cells, self._projections, strict=True)):
            shapes |= {
                f"layers.{k}.{name}": s for name, s in (below.shapes() | cell.shapes()).items()
            }
            if self.learn_initial_state:
                shapes |= {f"layers.{k}.{name}0": (cell.hidden_size,) for name in cell.states}
        return shapes | {f"head.{name}": s for name, s in self.head.shapes().items()}

    def vocabulary_axes(self) -> dict[str, int]:
        """Which axis counts characters, of the weights that have such an axis."""
        first = {"embedding": 0} if self.embedding_size else {"layers.0.Wx": 0}
        return first | {"head.by": 0} | ({} if self.tied else {"head.Wy": 1})

    def init(self, seed: int, initializer: Initializer, dtype: DType) -> Params:
        """Fresh weights. Each layer draws from its own stream, whatever the others draw."""
        p = Params.zeros(self.shapes(), dtype)
        if self.embedding_size:
            initializer.input_(p["embedding"], stream(seed, "init.embedding"))
        for k, cell in enumerate(self.cells):
            rng, w = stream(seed, "init.layer", k), p.scope(f"layers.{k}")
            if cell.layer_norm:
                w["gx"][...] = 1.0
            for block in np.split(w["Wx"], len(cell.gates), axis=1):
                initializer.input_(block, rng)
            cell.init_(w, initializer, rng)
        if not self.tied:
            initializer.input_(p["head.Wy"], stream(seed, "init.head"))
        return p

    def initial_state(self, p: Params, B: int) -> States:
        """What the past is before the first character: zeros, or what was learned."""
        return tuple(
            tuple(self._initial(p, k, name, B) for name in cell.states)
            for k, cell in enumerate(self.cells)
        )

    def tape(self, T: int, B: int, dtype: DType, kernels: Kernels = NUMPY) -> ModelTape:
        """Memory for chunks of up to T steps of B tracks, and the kernels that work on it."""
        H, V = self.cells[-1].hidden_size, self.vocab_size
        inputs = self._dropout(self.dropout.input)
        return ModelTape(
            blocks=tuple(block.tape(T, B, dtype, kernels) for block in self.blocks),
            tables=self.from_ids.tables(T * B, dtype, kernels),
            norms=tuple(below.tape(T * B, dtype) for below in self.from_hidden),
            inputs=InputDropout(inputs, T, B, V, dtype) if inputs.rate else None,
            logits=empty((T, B, V), dtype),
            loss=LossTape.empty(T * B, dtype),
            dh=empty((T, B, H), dtype),
        )

    def prepare(self, p: Params, tape: ModelTape, key: NoiseKey | None = None) -> None:
        """Lay the weights out on `tape` for `forward`: once, after they have changed."""
        self.from_ids.prepare(p.scope("layers.0"), p.get("embedding"), tape.tables)
        for block, memory in zip(self.blocks, tape.blocks, strict=True):
            block.prepare(p.scope(f"layers.{block.k}"), memory, key)

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

        The tape has `p` loaded, with the same noise; without noise nothing is dropped. The state is
        the tape's own memory: it lasts, and may be handed in, until the next `forward`. With
        `carry` it is the one after so many steps. The logits of the first `skip` steps are not
        wanted.
        """
        x: Floats | None = None
        for k, (block, memory) in enumerate(zip(self.blocks, tape.blocks, strict=True)):
            w, z = p.scope(f"layers.{k}"), rows(memory.cell.z)
            if x is None:
                kept = self._kept(ids, tape, key)
                self.from_ids.forward(w, ids.reshape(-1), z, tape.tables, kept)
            else:
                self.from_hidden[k - 1].forward(w, rows(x), z, tape.norms[k - 1])
            x = block.forward(w, state[k], memory, key)
        assert x is not None
        self.head.forward(
            p.scope("head"), p.get("embedding"), rows(x[skip:]), rows(tape.logits[skip:])
        )
        if carry is not None:
            return tuple(memory.cell.leave(carry) for memory in tape.blocks)
        return tuple(memory.cell.last for memory in tape.blocks)

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
        x, skip = chunk.x, chunk.skip
        embedding, dembedding = p.get("embedding"), g.get("embedding")
        if dembedding is not None:
            dembedding[...] = 0.0
        dh, top = tape.dh, tape.blocks[-1].output(key)
        dh[:skip] = 0.0
        self.head.backward(
            p.scope("head"),
            embedding,
            rows(top[skip:]),
            rows(tape.logits[skip:]),
            rows(dh[skip:]),
            g.scope("head"),
            dembedding,
        )
        dstart: list[State] = []
        for k in reversed(range(len(self.blocks))):
            w, dw, memory = p.scope(f"layers.{k}"), g.scope(f"layers.{k}"), tape.blocks[k]
            dstate = None if dlast is None else dlast[k]
            dstart.insert(0, self.blocks[k].backward(w, dh, memory, dw, dstate, key))
            dz = rows(memory.cell.z)
            if k:
                below = rows(tape.blocks[k - 1].output(key))
                self.from_hidden[k - 1].backward(w, below, dz, rows(dh), dw, tape.norms[k - 1])
            else:
                kept = tape.inputs.factors(len(x)) if key and tape.inputs else None
                self.from_ids.backward(
                    w, embedding, x.reshape(-1), dz, tape.tables, dw, dembedding, kept
                )
        return tuple(dstart)

    def initial_gradients(self, g: Params, dstart: States, *, begins: bool) -> None:
        """The initial state learns, if it does, only where the chunk began with it."""
        if self.learn_initial_state:
            for k, (cell, dstate) in enumerate(zip(self.cells, dstart, strict=True)):
                for name, d in zip(cell.states, dstate, strict=True):
                    g[f"layers.{k}.{name}0"][...] = d.sum(axis=0) if begins else 0.0

    @property
    def _projections(self) -> tuple[FromIds | FromHidden, ...]:
        return (self.from_ids, *self.from_hidden)

    def _dropout(self, rate: float) -> Dropout:
        return Dropout(rate, self.dropout.variational)

    def _kept(self, ids: Ids, tape: ModelTape, key: NoiseKey | None) -> Floats | None:
        """What the characters are multiplied with, where some are dropped."""
        if key is None or tape.inputs is None:
            return None
        tape.inputs.draw_(ids, key)
        return tape.inputs.factors(len(ids))

    def _initial(self, p: Params, k: int, name: str, B: int) -> Floats:
        start = np.zeros((B, self.cells[k].hidden_size), p.flat.dtype)
        if self.learn_initial_state:
            start += p[f"layers.{k}.{name}0"]
        return start
