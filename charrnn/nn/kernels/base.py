"""The interface of kernels: how fast the same maths runs, but not what it computes.

A cell needs two things that can be done in more than one way: the product of a few rows with the
same matrix at every step of a chunk, and the element-wise rest of a step.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from charrnn.nn.arrays import DType, Floats

Step = TypeVar("Step", bound=Callable[..., None])


class Product(Protocol):
    """x @ w for one w (K, N) and many x (R, K). It belongs to a tape, which belongs to a chunk."""

    nbytes: int  # of the memory that it holds

    def prepare(self, w: Floats) -> None:
        """Lay `w` out for the products. They may or may not see later changes of `w`."""

    def __call__(self, x: Floats, out: Floats) -> None:
        """out (R, N) = x @ w."""


class Prepare(Protocol):
    """Makes memory for a product of R rows with a matrix (K, N)."""

    def __call__(self, R: int, K: int, N: int, dtype: DType) -> Product: ...


@dataclass(frozen=True)
class Kernels:
    """One way to run the same maths. Two sets agree to rounding, not to the last bit."""

    name: str
    product: Prepare
    packed: bool = False  # whether the product keeps the matrix in an order of its own
    compiled: Mapping[Callable[..., None], Callable[..., None]] = field(default_factory=dict)

    def step(self, plain: Step) -> Step:
        """The compiled twin of the step `plain`, with the same arguments, or `plain` itself."""
        twin: Any = self.compiled.get(plain, plain)
        step: Step = twin
        return step
