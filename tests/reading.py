"""Reading, for tests: the loss of an evaluation, and an oracle that reads step by step."""

import numpy as np

from charrnn.training.evaluate import Evaluation
from tests import naive


def loss_of(model, p, part) -> float:
    """The mean loss of a pass over `part`, in nats per character."""
    evaluation = Evaluation(model, p, part)
    for _ in evaluation:
        pass
    return evaluation.loss


def naive_nats(model, p, ids) -> np.ndarray:
    """(T-1,): what each of `ids` (T,) but the first costs, after all that stand before it."""
    x, y = ids[:-1, None], ids[1:, None]
    _, _, states = naive.loss_and_grads(model, dict(p), x, y)
    h = np.stack([after[-1][0][0] for after in states])
    Wy = p["embedding"].T if model.tied else p["head.Wy"]
    logits = h @ Wy + p["head.by"]
    chosen = logits[np.arange(len(h)), ids[1:]]
    return np.log(np.exp(logits).sum(axis=1)) - chosen
