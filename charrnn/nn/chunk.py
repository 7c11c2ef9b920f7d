"""A chunk: the characters that one training step reads, and which of its targets count."""

from typing import NamedTuple

from charrnn.nn.arrays import Floats, Ids


class Chunk(NamedTuple):
    """T steps of B tracks, and how they are used.

    With `skip` and `carry` overlapping chunks are truncated back-propagation through time
    BPTT(k1, k2) (Williams and Peng 1990): the first `skip` steps are read again for the gradient
    alone, and the next chunk starts from the state after `carry` steps.
    """

    x: Ids  # (T, B) characters
    y: Ids  # (T, B) the characters that follow
    carried: bool = False  # whether it starts from the previous chunk's state, not the initial one
    targets: int = 0  # number of targets that count, on all ranks; 0: all of y[skip:]
    skip: int = 0  # number of first steps whose targets do not count
    carry: int | None = None  # the next chunk starts from the state after these steps; None: all
    weights: Floats | None = None  # (T, B) weight of each target in the loss; None: 1
    scale: float = 1.0  # factor on the learning rate

    @property
    def divisor(self) -> int:
        """The number that the summed loss is divided by: the targets that count."""
        return self.targets or self.y[self.skip :].size

    def part(self, first: int, last: int) -> "Chunk":
        """The steps `first` .. `last` as a chunk whose loss is a share of the whole one's."""
        return Chunk(
            x=self.x[first:last],
            y=self.y[first:last],
            targets=self.divisor,
            skip=min(max(self.skip - first, 0), last - first),
            weights=None if self.weights is None else self.weights[first:last],
        )
