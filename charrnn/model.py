"""The character model: characters in, a distribution over the next character out.

ids -> FromIds -> Cell -> [Dropout] -> (FromHidden -> Cell -> [Dropout]) * -> Head -> logits
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from charrnn.arrays import DType, Floats, Ids, Shape, empty
from charrnn.cells import Cell, State, Tape
from charrnn.cells.base import rows
from charrnn.initializers import Initializer
from charrnn.kernels.base import Kernels
from charrnn.kernels.plain import NUMPY
from charrnn.layers.dropout import Dropout, Noise
from charrnn.layers.head import Head
from charrnn.layers.loss import CrossEntropy, LossTape
from charrnn.layers.projection import FromHidden, FromIds, Tables
from charrnn.params import Params
from charrnn.rng import stream

States: TypeAlias = tuple[State, ...]  # one a layer


@dataclass(frozen=True)
class ModelTape:
    """Memory for a chunk: the cells' tapes, and beside them, in numbers,

    2*V*G*H + V*E + min(V, 256)*T*B for the first layer (and as many bytes for a mask),
    T*B*V + 3*T*B for the logits and their loss, T*B*H for dh, and with dropout 2*T*B*H a layer.
    """

    cells: tuple[Tape, ...]
    tables: Tables
    logits: Floats  # (T, B, V)
    loss: LossTape
    dh: Floats  # (T, B, H)
    masks: tuple[Floats, ...]  # (T, B, H) a layer, if there is dropout
    dropped: tuple[Floats, ...]

    def first(self, steps: int) -> "ModelTape":
        """The same tape for a chunk of `steps` steps: views, no copies."""
        if steps == len(self.logits):
            return self
        return ModelTape(
            cells=tuple(tape.first(steps) for tape in self.cells),
            tables=self.tables,
            logits=self.logits[:steps],
            loss=self.loss.first(steps * self.logits.shape[1]),
            dh=self.dh[:steps],
            masks=tuple(mask[:steps] for mask in self.masks),
            dropped=tuple(y[:steps] for y in self.dropped),
        )

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        own = (*self.tables[:5], self.logits, *self.loss, self.dh, *self.masks, *self.dropped)
        return sum(array.nbytes for array in own) + sum(tape.nbytes for tape in self.cells)


@dataclass(frozen=True)
class CharModel:
    """A stack of cells of one width between a vocabulary and itself. It holds sizes, no arrays."""

    vocab_size: int
    cells: tuple[Cell, ...]
    embedding_size: int = 0  # 0: one-hot
    tied: bool = False
    dropout: float = 0.0
    learn_initial_state: bool = False

    @cached_property
    def from_ids(self) -> FromIds:
        cell = self.cells[0]
        return FromIds(self.vocab_size, self.embedding_size, cell.gates * cell.hidden_size)

    @cached_property
    def from_hidden(self) -> tuple[FromHidden, ...]:
        """The projections of layers 1, 2, ..."""
        below = [cell.hidden_size for cell in self.cells]
        return tuple(
            FromHidden(D, cell.gates * cell.hidden_size)
            for D, cell in zip(below, self.cells[1:], strict=False)
        )

    @cached_property
    def head(self) -> Head:
        return Head(self.cells[-1].hidden_size, self.vocab_size, self.tied)

    @cached_property
    def loss(self) -> CrossEntropy:
        return CrossEntropy(self.vocab_size)

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
            for block in np.split(w["Wx"], cell.gates, axis=1):
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
        H = self.cells[-1].hidden_size
        noisy = self.cells if self.dropout else ()
        return ModelTape(
            cells=tuple(cell.tape(T, B, dtype, kernels) for cell in self.cells),
            tables=self.from_ids.tables(T * B, dtype, kernels),
            logits=empty((T, B, self.vocab_size), dtype),
            loss=LossTape.empty(T * B, dtype),
            dh=empty((T, B, H), dtype),
            masks=tuple(empty((T, B, H), dtype) for _ in noisy),
            dropped=tuple(empty((T, B, H), dtype) for _ in noisy),
        )

    def load(self, p: Params, tape: ModelTape) -> None:
        """Lay the weights out on `tape` for `forward`: once, after they have changed."""
        self.from_ids.load(p.scope("layers.0"), p.get("embedding"), tape.tables)
        for k, (cell, layer) in enumerate(zip(self.cells, tape.cells, strict=True)):
            cell.load(p.scope(f"layers.{k}"), layer)

    def forward(
        self, p: Params, ids: Ids, state: States, tape: ModelTape, noise: Noise | None = None
    ) -> States:
        """Logits for `ids` (T, B) into tape.logits, which has T steps; returns the last state.

        The tape has `p` loaded. The state is the tape's own memory: it lasts, and may be handed in,
        until the next `forward`. `noise` is what dropout is made of; without it there is none.
        """
        x: Floats | None = None
        for k, (cell, layer) in enumerate(zip(self.cells, tape.cells, strict=True)):
            w = p.scope(f"layers.{k}")
            if x is None:
                self.from_ids.forward(ids.reshape(-1), rows(layer.z), tape.tables)
            else:
                self.from_hidden[k - 1].forward(w, rows(x), rows(layer.z))
            cell.forward(w, state[k], layer)
            x = self._output(tape, k, noise)
            if noise and self.dropout:
                Dropout(self.dropout).forward(layer.h[1:], tape.masks[k], x, noise, k)
        assert x is not None
        self.head.forward(p.scope("head"), p.get("embedding"), rows(x), rows(tape.logits))
        return tuple(layer.last for layer in tape.cells)

    def losses(self, targets: Ids, tape: ModelTape) -> Floats:
        """The loss of each target (T, B), in nats, from tape.logits, which become their softmax."""
        self.loss.forward(rows(tape.logits), targets.reshape(-1), tape.loss)
        return tape.loss.losses

    def loss_and_grads(
        self,
        p: Params,
        g: Params,
        x: Ids,
        y: Ids,
        state: States | None,
        tape: ModelTape,
        noise: Noise | None = None,
        targets: int | None = None,
    ) -> tuple[float, States]:
        """One chunk, there and back: its loss in nats per character; the gradient fills `g`.

        `x` and `y` (T, B) are characters and the characters that follow. A `state` of None is the
        initial one; the last one, which is returned, is the tape's own memory. The loss is the sum
        over this chunk divided by `targets`, by default its T*B.
        """
        targets = targets or y.size
        start = self.initial_state(p, x.shape[1]) if state is None else state
        self.load(p, tape)
        last = self.forward(p, x, start, tape, noise)
        loss = float(self.losses(y, tape).sum(dtype=np.float64)) / targets
        self._backward(p, g, x, state is None, tape, noise, targets)
        return loss, last

    def _backward(
        self,
        p: Params,
        g: Params,
        x: Ids,
        from_initial: bool,
        tape: ModelTape,
        noise: Noise | None,
        targets: int,
    ) -> None:
        """From softmax(logits) in tape.logits to every gradient."""
        embedding, dembedding = p.get("embedding"), g.get("embedding")
        if dembedding is not None:
            dembedding[...] = 0.0
        dlogits, dh = rows(tape.logits), tape.dh
        self.loss.backward(dlogits, tape.loss, 1.0 / targets)
        top = rows(self._output(tape, len(self.cells) - 1, noise))
        self.head.backward(
            p.scope("head"), embedding, top, dlogits, rows(dh), g.scope("head"), dembedding
        )
        for k in reversed(range(len(self.cells))):
            w, dw, layer = p.scope(f"layers.{k}"), g.scope(f"layers.{k}"), tape.cells[k]
            if noise and self.dropout:
                Dropout(self.dropout).backward(dh, tape.masks[k])
            dinitial = self.cells[k].backward(w, dh, layer, dw)
            self._initial_gradients(dw, k, dinitial, from_initial)
            if k:
                below = rows(self._output(tape, k - 1, noise))
                self.from_hidden[k - 1].backward(w, below, rows(layer.z), rows(dh), dw)
            else:
                self.from_ids.backward(
                    w, embedding, x.reshape(-1), rows(layer.z), tape.tables, dw, dembedding
                )

    @property
    def _projections(self) -> tuple[FromIds | FromHidden, ...]:
        return (self.from_ids, *self.from_hidden)

    def _output(self, tape: ModelTape, k: int, noise: Noise | None) -> Floats:
        """What layer k hands upward: its hidden states, after dropout if there is any."""
        return tape.dropped[k] if noise and self.dropout else tape.cells[k].h[1:]

    def _initial(self, p: Params, k: int, name: str, B: int) -> Floats:
        start = np.zeros((B, self.cells[k].hidden_size), p.flat.dtype)
        if self.learn_initial_state:
            start += p[f"layers.{k}.{name}0"]
        return start

    def _initial_gradients(
        self, dw: dict[str, Floats], k: int, dinitial: State, from_initial: bool
    ) -> None:
        """The initial state learns only where the chunk began with it."""
        if self.learn_initial_state:
            for name, d in zip(self.cells[k].states, dinitial, strict=True):
                dw[f"{name}0"][...] = d.sum(axis=0) if from_initial else 0.0
