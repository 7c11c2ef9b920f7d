"""The probabilities of the next symbol after a text."""

from dataclasses import dataclass

import numpy as np

from charrnn.nn.arrays import Floats, Ids
from charrnn.runs.sample import Request, first_ids
from charrnn.runs.trained import Trained
from charrnn.sampling import predict
from charrnn.storage.checkpoint import refusal


@dataclass(frozen=True)
class Prediction:
    """All symbols of a vocabulary, the likeliest first, and the chance of each to come next."""

    ids: Ids  # (V,)
    names: tuple[str, ...]  # as people can read them, in the order of `ids`
    model: Floats  # (V,) under the model
    drawn: Floats  # (V,) in the draw: after temperature, top-k and top-p, and without UNK


def next_probabilities(trained: Trained, request: Request) -> Prediction:
    """Next-character probabilities after the text of `request`, before and after its filters.

    Raises DataError for a prime with characters that the model does not know, CheckpointError where
    the weights predict nothing.
    """
    vocabulary = trained.vocabulary
    model, drawn = predict(
        trained.model,
        trained.params,
        first_ids(trained, request),
        request.chain(),
        vocabulary.unk,
    )
    if not np.isfinite(model).all():
        raise refusal(trained.path, "its predictions are not finite: its weights are too large")
    ids = np.argsort(-model, kind="stable")
    names = vocabulary.names()
    return Prediction(ids, tuple(names[k] for k in ids.tolist()), model[ids], drawn[ids])
