"""Before training: read the text, cut it into batches, build the network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np

from charrnn.config import Config, build
from charrnn.errors import DataError, UsageError
from charrnn.nn import kernels
from charrnn.nn.arrays import DType
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.optim import Schedule
from charrnn.text.batches import BatchSizes, Chunks
from charrnn.text.corpus import Corpus, default_cache, open_corpus
from charrnn.text.dataset import Dataset, divide
from charrnn.text.part import Part
from charrnn.text.read import find_files
from charrnn.text.vocab import Vocabulary
from charrnn.training.plan import Plan


class OpenText(NamedTuple):
    """A text in its own alphabet, and split and seen through a vocabulary."""

    corpus: Corpus
    dataset: Dataset


@dataclass(frozen=True)
class Prepared:
    """Everything that each process of a run needs, whatever state it starts from."""

    config: Config
    corpus: Corpus
    dataset: Dataset
    plan: Plan
    notes: tuple[str, ...]  # what a user should know, a sentence each
    given: Vocabulary | None = None  # the vocabulary, if it is not the text's own

    def noting(self, *notes: str) -> Self:
        """The same with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def prepare(
    config: Config,
    on_reading: Callable[[int, int], None] | None = None,
    vocabulary: Vocabulary | None = None,
) -> Prepared:
    """Read the text of `config` and build its network. Raises UsageError or DataError.

    The vocabulary is the text's own if none is given. `on_reading` gets the number of bytes that
    have been read, and the most there can be.
    """
    corpus, dataset = open_dataset(config, on_reading, vocabulary)
    batches, notes = batches_of(config, dataset.train)
    model = build.model(config, dataset.vocabulary.size)
    plan = _plan(config, model, dataset, batches)
    return Prepared(config, corpus, dataset, plan, (*notes, *_missing(plan)), vocabulary)


def open_dataset(
    config: Config,
    on_reading: Callable[[int, int], None] | None = None,
    vocabulary: Vocabulary | None = None,
) -> OpenText:
    """The text of `config`, encoded and split, with its own vocabulary or the one given."""
    d = config.data
    form, files = build.text_format(config), find_files(d.path)
    corpus = open_corpus(files, form, default_cache(), on_reading)
    dataset = divide(
        corpus,
        d.split,
        level=d.level,
        min_count=d.min_count,
        from_train_only=d.vocabulary == "train",
        separator=None if d.records is None else ord(d.records),
        seed=config.train.seed,
        vocabulary=vocabulary,
    )
    return OpenText(corpus, dataset)


def batches_of(config: Config, train: Part) -> tuple[Chunks, tuple[str, ...]]:
    """The chunks of the training part, of the size asked for or the nearest it has room for."""
    n, t = train.characters, config.train
    if n < 2:
        raise DataError(
            f"{', '.join(config.data.path)}: the training part has {n} of the text's characters,"
            " and training needs 2 or more; use a longer text or a larger first share in data.split"
        )
    batches = train.batches(BatchSizes(t.batch_size, t.seq_length, t.stride, t.seq_jitter, t.seed))
    smaller = [
        f"train.{key} is {getattr(batches, key)} instead of {getattr(t, key)}"
        for key in ("batch_size", "seq_length")
        if getattr(batches, key) != getattr(t, key)
    ]
    if not smaller:
        return batches, ()
    return batches, (
        f"the training part has only {train.size:,} {train.unit}: {', '.join(smaller)}",
    )


def fresh_weights(config: Config, model: CharModel, dtype: DType) -> Params:
    """The initial weights of `config`. Raises UsageError where they overflow `dtype`."""
    with np.errstate(over="ignore"):
        params = model.init(config.train.seed, build.initializer(config), dtype)
    if not np.isfinite(params.flat).all():
        raise UsageError(
            f"the initial weights overflow {dtype}",
            "use train.dtype float64, or a smaller model.init.std or model.cell.forget_bias",
        )
    return params


def _plan(config: Config, model: CharModel, dataset: Dataset, batches: Chunks) -> Plan:
    def readable(part: Part) -> Part | None:
        return part if part.targets else None

    plan = Plan(
        model=model,
        optimizer=build.optimizer(config),
        schedule=build.schedule(config),
        batches=batches,
        val=readable(dataset.val),
        test=readable(dataset.test),
        limits=build.limits(config),
        eval_every=config.train.eval_every,
        clip_value=config.train.clip_value,
        clip_norm=config.train.clip_norm,
        seed=config.train.seed,
        kernels=kernels.choose_kernels(),
        average=config.train.average,
        gradient_noise=config.train.gradient_noise,
        recompute=config.train.recompute,
        on_nonfinite=config.train.on_nonfinite,
        max_recoveries=config.train.max_recoveries,
    )
    if plan.val is None:
        _check_needs_no_validation(config, plan.schedule)
    return plan


def _check_needs_no_validation(config: Config, schedule: Schedule) -> None:
    """Raise UsageError where a key asks for validation losses."""
    keys = {
        "train.patience": config.train.patience is not None,
        f"schedule: {config.schedule.name}": schedule.uses_loss,
    }
    for key, is_set in keys.items():
        if is_set:
            raise UsageError(
                f"{key} needs a validation part, and this text has none",
                "enlarge the second share in data.split, or leave it out",
            )


def _missing(plan: Plan) -> Iterator[str]:
    if plan.val is None:
        yield "no validation part: the last weights will count as the best"
    if plan.test is None:
        yield "no test part: the best weights will not be tested"
