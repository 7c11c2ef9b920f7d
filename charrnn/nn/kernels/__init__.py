"""Kernel sets by name. To add one: a file in this folder, and a line in KERNELS.

The environment variable CHARRNN_KERNELS names the set; `auto`, which is the default, takes the last
one that is installed.
"""

import os
from collections.abc import Callable

from charrnn.errors import UsageError
from charrnn.nn.kernels.base import Kernels
from charrnn.nn.kernels.plain import NUMPY
from charrnn.nn.kernels.plain import product as plain_product

VARIABLE = "CHARRNN_KERNELS"


def fast() -> Kernels:
    """Numba's fused steps, and MKL's packed products where there is MKL. Raises ImportError."""
    from charrnn.nn.kernels import fused
    from charrnn.nn.kernels import mkl as packed

    has_mkl = packed.library() is not None
    return Kernels(
        name=f"{fused.name()} + {packed.name()}" if has_mkl else fused.name(),
        product=packed.product if has_mkl else plain_product,
        packed=has_mkl,
        compiled=fused.STEPS,
    )


# Slowest first. Making a set raises ImportError where a library is not installed.
KERNELS: dict[str, Callable[[], Kernels]] = {"numpy": lambda: NUMPY, "fast": fast}


def installed() -> list[str]:
    """The names of the sets that can be used here, slowest first."""
    return [name for name, make in KERNELS.items() if _is_installed(make)]


def choose_kernels() -> Kernels:
    """The set that the environment asks for. Raises UsageError if there is no such set here."""
    asked = os.environ.get(VARIABLE, "auto")
    name = installed()[-1] if asked == "auto" else asked
    if name not in KERNELS:
        raise UsageError(f"{VARIABLE} is {asked}; expected auto, {' or '.join(KERNELS)}")
    try:
        return KERNELS[name]()
    except ImportError as error:
        raise UsageError(
            f"{VARIABLE} is {asked}, but {error}; pip install 'charrnn[fast]'"
        ) from None


def _is_installed(make: Callable[[], Kernels]) -> bool:
    try:
        make()
    except ImportError:
        return False
    return True
