"""Arrays of whole numbers as a page holds them: base64, which `numbersOf` of text.js reads."""

from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.nn.arrays import Floats


def packed(numbers: NDArray[Any]) -> dict[str, str]:
    """Unsigned integers of any shape, in order, in the fewest bytes that hold the greatest."""
    small = np.min_scalar_type(int(numbers.max(initial=0)))
    raw = np.ascontiguousarray(numbers, small.newbyteorder("<")).tobytes()
    return {"type": small.name, "base64": b64encode(raw).decode("ascii")}


def quantised(numbers: Floats, unit: float) -> NDArray[np.uint16]:
    """Numbers of at least 0 as multiples of `unit`, of which there are up to 65,535."""
    whole: NDArray[np.uint16] = np.minimum(np.rint(numbers / unit), 65535).astype(np.uint16)
    return whole
