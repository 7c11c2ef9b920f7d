"""The codes of a text, in its own alphabet, and the ids that a model knows them by."""

from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Ids
from charrnn.text.stored import EncodedText


@dataclass(frozen=True, eq=False)
class CodedText:
    """A stretch of an encoded text, seen through a vocabulary."""

    codes: EncodedText  # (n,), of the text's own alphabet
    lookup: Ids  # (A,), from that alphabet to the ids of a model

    def ids_at(self, positions: Ids) -> Ids:
        """The model's ids at `positions`, in their shape."""
        ids: Ids = np.take(self.lookup, self.codes[positions])
        return ids
