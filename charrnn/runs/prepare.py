"""Before training: read the text, build the network, find the state to begin with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from charrnn.config import Config, build
from charrnn.errors import DataError, UsageError
from charrnn.nn import kernels
from charrnn.nn.arrays import DTYPES, DType
from charrnn.nn.model import CharModel
from charrnn.nn.params import Params
from charrnn.runs.memory import check_run_fits
from charrnn.runs.resume import Resumed, check_place, check_same_text, is_new_text
from charrnn.runs.trained import load
from charrnn.runs.transfer import transfer_
from charrnn.text.batches import BatchSizes, Chunks
from charrnn.text.corpus import Corpus, default_cache, open_corpus
from charrnn.text.dataset import Dataset, divide
from charrnn.text.part import Part
from charrnn.text.read import find_files
from charrnn.text.vocab import Vocabulary
from charrnn.training.plan import Plan
from charrnn.training.snapshot import state_from
from charrnn.training.state import TrainState


class OpenText(NamedTuple):
    """A text in its own alphabet, and split and seen through a vocabulary."""

    corpus: Corpus
    dataset: Dataset


class Groundwork(NamedTuple):
    """What every process of a run needs, whatever state it starts from."""

    corpus: Corpus
    dataset: Dataset
    plan: Plan
    notes: tuple[str, ...]  # for a user, a sentence each


@dataclass(frozen=True)
class Prepared:
    """Everything that a run needs, in memory."""

    config: Config
    corpus: Corpus
    dataset: Dataset
    plan: Plan
    state: TrainState
    notes: tuple[str, ...]  # what a user should know, a sentence each
    given: Vocabulary | None = None  # not the text's own: a new text is read through it

    def noting(self, sentence: str) -> Self:
        """The same, with one thing more that a user should know."""
        return replace(self, notes=(*self.notes, sentence))


def prepare(
    config: Config,
    resumed: Resumed | None,
    init_from: str | Path | None,
    on_reading: Callable[[int, int], None] | None,
    *,
    insist: bool,
    new_text: bool,
) -> Prepared:
    """Make ready what `config` describes. Raises UsageError, DataError or CheckpointError.

    To `insist` is to do so whatever memory it takes. A run that goes on was let in when it began,
    and is only told. A `new_text` it may go on with is read through the vocabulary that it has.
    """
    given = resumed.vocabulary if resumed and new_text else None
    corpus, dataset, plan, notes = prepare_plan(config, on_reading, given)
    notes += check_run_fits(config, plan, force=insist or resumed is not None)
    if resumed:
        if not new_text:
            check_same_text(resumed, corpus.sha256, dataset.vocabulary)
        state, origin = _resumed_state(resumed, plan, corpus)
    else:
        params, origin = _fresh(config, plan.model, dataset, init_from)
        state = TrainState.begin(params, plan.optimizer, averaging=plan.average > 0)
    notes = (*notes, *origin, *_missing(plan))
    return Prepared(config, corpus, dataset, plan, state, notes, given)


def prepare_plan(
    config: Config,
    on_reading: Callable[[int, int], None] | None = None,
    vocabulary: Vocabulary | None = None,
) -> Groundwork:
    """What every process of a run needs, whatever state it starts from; and notes for a user.

    The vocabulary is the text's own where none is given.
    """
    corpus, dataset = open_dataset(config, on_reading, vocabulary)
    batches, notes = batches_of(config, dataset.train)
    model = build.model(config, dataset.vocabulary.size)
    return Groundwork(corpus, dataset, _plan(config, model, dataset, batches), notes)


def open_dataset(
    config: Config,
    on_reading: Callable[[int, int], None] | None = None,
    vocabulary: Vocabulary | None = None,
) -> OpenText:
    """The text of `config`, encoded and split, and its vocabulary, its own or the one given.

    `on_reading` is told how many bytes have been read, of how many at most.
    """
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
    return batches, (f"the training part has only {train.size} {train.unit}: {', '.join(smaller)}",)


def _resumed_state(
    resumed: Resumed, plan: Plan, corpus: Corpus
) -> tuple[TrainState, tuple[str, ...]]:
    arrays, header = resumed.checkpoint.arrays, resumed.checkpoint.header
    state = state_from(arrays, header, plan.model, plan.optimizer)
    if not is_new_text(resumed, corpus.sha256):
        check_place(resumed, plan.batches)
        return state, resumed.notes
    state.forget_text_()
    return state, (*resumed.notes, "another text: what was best on the old one is forgotten")


def _fresh(
    config: Config, model: CharModel, dataset: Dataset, init_from: str | Path | None
) -> tuple[Params, tuple[str, ...]]:
    params = fresh_weights(config, model, np.dtype(DTYPES[config.train.dtype]))
    if init_from is None:
        return params, ()
    return params, transfer_(load(init_from), model, params, dataset.vocabulary)


def fresh_weights(config: Config, model: CharModel, dtype: DType) -> Params:
    """What a new run begins with. Raises UsageError where a number is too large for `dtype`."""
    with np.errstate(over="ignore"):
        params = model.init(config.train.seed, build.initializer(config), dtype)
    if not np.isfinite(params.flat).all():
        raise UsageError(
            f"the initial weights overflow {dtype}; use train.dtype float64, or a smaller"
            " model.init.std or model.cell.forget_bias"
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
    waits = [
        *(["train.patience"] if plan.limits.patience is not None else []),
        *(["schedule: plateau"] if config.schedule.name == "plateau" else []),
    ]
    if plan.val is None and waits:
        raise UsageError(
            f"{waits[0]} needs a validation part, and this text has none; enlarge the second share"
            " in data.split, or leave it out"
        )
    return plan


def _missing(plan: Plan) -> Iterator[str]:
    if plan.val is None:
        yield "no validation part: the last weights will count as the best"
    if plan.test is None:
        yield "no test part: the best weights will not be tested"
