"""The recurrent stack: from the ids of characters to the hidden states of the top layer.

ids -> FromIds -> Block -> (FromHidden -> Block) * -> hidden states
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from charrnn.nn.arrays import DType, Floats, Ids, Shape, State, States, empty
from charrnn.nn.block import Block, BlockTape
from charrnn.nn.cells import Cell
from charrnn.nn.initializers import Initializer
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.layers.dropout import Dropout, InputDropout
from charrnn.nn.layers.noise import DropoutRates, NoiseKey
from charrnn.nn.layers.norm import Norm
from charrnn.nn.layers.projection import FromHidden, FromIds, Tables
from charrnn.nn.ops import rows
from charrnn.nn.params import Params
from charrnn.nn.rng import stream


@dataclass(frozen=True)
class StackTape:
    """Memory for a chunk: the blocks' tapes, and in addition, in numbers,

    2*V*G*H + V*E + min(V, 256)*T*B for the first layer (and as many bytes for a mask), T*B*H for
    dh, and for layer norm 2*R*(G*H + 1) a layer, with R = V for the first one and T*B above.
    """

    blocks: tuple[BlockTape, ...]
    tables: Tables
    norms: tuple[Norm | None, ...]  # of x Wx of the layers above the first one
    inputs: InputDropout | None
    dh: Floats  # (T, B, H): on the way back dy of one layer after the other, from the top

    def first(self, steps: int) -> "StackTape":
        """The same tape for a chunk of `steps` steps: views, no copies."""
        blocks = tuple(tape.first(steps) for tape in self.blocks)
        return replace(self, blocks=blocks, dh=self.dh[:steps])

    def output(self, key: NoiseKey | None) -> Floats:
        """The hidden states (T, B, H) of the top layer, after dropout if there is any."""
        return self.blocks[-1].output(key)

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        optional = [part for part in (self.inputs, *self.norms) if part is not None]
        return sum(part.nbytes for part in (*self.blocks, self.tables, *optional, self.dh))


@dataclass(frozen=True)
class Stack:
    """L layers of cells of one width over characters or their embeddings. It holds no arrays."""

    vocab_size: int
    cells: tuple[Cell, ...]
    embedding_size: int  # 0: one-hot
    dropout: DropoutRates
    learn_initial_state: bool

    @cached_property
    def from_ids(self) -> FromIds:
        """The projection of layer 0."""
        cell = self.cells[0]
        return FromIds(self.vocab_size, self.embedding_size, _width(cell), cell.layer_norm)

    @cached_property
    def from_hidden(self) -> tuple[FromHidden, ...]:
        """The projections of layers 1, 2, ..."""
        below = [cell.hidden_size for cell in self.cells]
        return tuple(
            FromHidden(D, _width(cell), cell.layer_norm)
            for D, cell in zip(below, self.cells[1:], strict=False)
        )

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        rates = [*[self.dropout.hidden] * (len(self.cells) - 1), self.dropout.output]
        return tuple(
            Block(k, cell, self.dropout, Dropout(rate, self.dropout.variational))
            for k, (cell, rate) in enumerate(zip(self.cells, rates, strict=True))
        )

    def shapes(self) -> dict[str, Shape]:
        """Its weights by their full names, as `layers.0.Wh`, in the order of the forward pass."""
        shapes: dict[str, Shape] = {}
        if self.embedding_size:
            shapes["embedding"] = (self.vocab_size, self.embedding_size)
        projections: tuple[FromIds | FromHidden, ...] = (self.from_ids, *self.from_hidden)
        for k, (cell, below) in enumerate(zip(self.cells, projections, strict=True)):
            own = below.shapes() | cell.shapes()
            shapes |= {f"layers.{k}.{name}": shape for name, shape in own.items()}
            if self.learn_initial_state:
                shapes |= {f"layers.{k}.{name}0": (cell.hidden_size,) for name in cell.states}
        return shapes

    def init_(self, p: Params, seed: int, initializer: Initializer) -> None:
        """Fill its weights, which are 0. Each layer draws from a random stream of its own."""
        if self.embedding_size:
            initializer.input_(p["embedding"], stream(seed, "init.embedding"))
        for k, cell in enumerate(self.cells):
            rng, w = stream(seed, "init.layer", k), p.scope(f"layers.{k}")
            if cell.layer_norm:
                w["gx"][...] = 1.0
            for block in np.split(w["Wx"], len(cell.gates), axis=1):
                initializer.input_(block, rng)
            cell.init_(w, initializer, rng)

    def initial_state(self, p: Params, B: int) -> States:
        """The state before the first character: zeros, or what was learned."""
        return tuple(
            tuple(self._initial(p, k, name, B) for name in cell.states)
            for k, cell in enumerate(self.cells)
        )

    def tape(self, T: int, B: int, dtype: DType, kernels: Kernels) -> StackTape:
        """Memory for chunks of up to T steps of B tracks, and the kernels that work on it."""
        inputs = Dropout(self.dropout.input, self.dropout.variational)
        return StackTape(
            blocks=tuple(block.tape(T, B, dtype, kernels) for block in self.blocks),
            tables=self.from_ids.tables(T * B, dtype, kernels),
            norms=tuple(below.tape(T * B, dtype) for below in self.from_hidden),
            inputs=InputDropout(inputs, T, B, self.vocab_size, dtype) if inputs.rate else None,
            dh=empty((T, B, self.cells[-1].hidden_size), dtype),
        )

    def prepare(self, p: Params, tape: StackTape, key: NoiseKey | None) -> None:
        """Lay the weights out on `tape` for `forward`: once, after they have changed."""
        self.from_ids.prepare(p.scope("layers.0"), p.get("embedding"), tape.tables)
        for block, memory in zip(self.blocks, tape.blocks, strict=True):
            block.prepare(p.scope(f"layers.{block.k}"), memory, key)

    def forward(
        self, p: Params, ids: Ids, state: States, tape: StackTape, key: NoiseKey | None
    ) -> Floats:
        """The output (T, B, H) for `ids` (T, B); the last state is left in the tape's memory."""
        w, inputs = p.scope("layers.0"), tape.inputs
        factors = None
        if key is not None and inputs is not None:
            inputs.draw_(ids, key)
            factors = inputs.factors(len(ids))
        z = rows(tape.blocks[0].cell.z)
        self.from_ids.forward(w, ids.reshape(-1), z, tape.tables, factors)
        x = self.blocks[0].forward(w, state[0], tape.blocks[0], key)
        for k, below in enumerate(self.from_hidden, start=1):
            w, memory = p.scope(f"layers.{k}"), tape.blocks[k]
            below.forward(w, rows(x), rows(memory.cell.z), tape.norms[k - 1])
            x = self.blocks[k].forward(w, state[k], memory, key)
        return x

    def backward(
        self,
        p: Params,
        g: Params,
        ids: Ids,
        tape: StackTape,
        key: NoiseKey | None,
        dlast: States | None = None,
    ) -> States:
        """From the gradient of the output, in tape.dh, and of the last state, to every weight's.

        The gradient of the embedding is added to what is there. Returns the gradient of the
        incoming state, in memory of the tape.
        """
        dy, dstart = tape.dh, list[State]()
        for k in reversed(range(len(self.blocks))):
            w, dw, memory = p.scope(f"layers.{k}"), g.scope(f"layers.{k}"), tape.blocks[k]
            dstate = None if dlast is None else dlast[k]
            dstart.insert(0, self.blocks[k].backward_(w, dy, memory, dw, dstate, key))
            dz = rows(memory.cell.z)
            if k:
                x = rows(tape.blocks[k - 1].output(key))
                # What was dy of this layer becomes dx, which is dy of the layer below.
                self.from_hidden[k - 1].backward_(w, x, dz, rows(dy), dw, tape.norms[k - 1])
            else:
                factors = tape.inputs.factors(len(ids)) if key and tape.inputs else None
                embedding, dembedding = p.get("embedding"), g.get("embedding")
                self.from_ids.backward_(
                    w, embedding, ids.reshape(-1), dz, tape.tables, dw, dembedding, factors
                )
        return tuple(dstart)

    def initial_gradients(self, g: Params, dstart: States, *, begins: bool) -> None:
        """The initial state learns, if it does, only where the chunk began with it."""
        if self.learn_initial_state:
            for k, (cell, dstate) in enumerate(zip(self.cells, dstart, strict=True)):
                for name, d in zip(cell.states, dstate, strict=True):
                    g[f"layers.{k}.{name}0"][...] = d.sum(axis=0) if begins else 0.0

    def _initial(self, p: Params, k: int, name: str, B: int) -> Floats:
        start = np.zeros((B, self.cells[k].hidden_size), p.flat.dtype)
        if self.learn_initial_state:
            start += p[f"layers.{k}.{name}0"]
        return start


def _width(cell: Cell) -> int:
    """G*H."""
    return len(cell.gates) * cell.hidden_size
