"""A text as codes of its own alphabet, with the table that maps codes to a model's ids."""

from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.text.stored import EncodedText


@dataclass(frozen=True, eq=False)
class CodedText:
    """A contiguous piece of an encoded text, and the mapping of its codes to ids."""

    codes: EncodedText  # (n,), indices into the text's own alphabet
    lookup: Ids  # (A,), the model's id of each code

    def ids_at(self, positions: Ids) -> Ids:
        """The model's ids at `positions`, as an array of the same shape."""
        ids: Ids = np.take(self.lookup, self.codes[positions])
        return ids
