"""Before training: read the text, build the network, find the state to begin with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil, log
from pathlib import Path

import numpy as np

from charrnn import __version__, build, kernels
from charrnn.api.memory import check_memory
from charrnn.api.resume import Resumed, check_same_text
from charrnn.api.team import Team
from charrnn.api.trained import load
from charrnn.api.transfer import transfer_
from charrnn.arrays import DTYPES, DType
from charrnn.config import Config
from charrnn.errors import DataError, UsageError
from charrnn.model import CharModel
from charrnn.params import Params
from charrnn.text.batches import Batches, Chunks, fit
from charrnn.text.corpus import Corpus, default_cache, open_corpus
from charrnn.text.dataset import Dataset, divide
from charrnn.text.part import Part
from charrnn.text.read import find_files
from charrnn.text.records import RecordBatches
from charrnn.training.events import Started
from charrnn.training.footprint import tape_bytes
from charrnn.training.loop import Plan
from charrnn.training.snapshot import state_from
from charrnn.training.state import TrainState

FAR = 2.0**63  # steps: no run takes as many


@dataclass(frozen=True)
class Prepared:
    """Everything that a run needs, in memory."""

    config: Config
    corpus: Corpus
    dataset: Dataset
    plan: Plan
    state: TrainState
    notes: tuple[str, ...]  # what a user should know, a sentence each


def prepare(
    config: Config,
    resumed: Resumed | None,
    init_from: str | Path | None,
    on_reading: Callable[[int, int], None] | None,
    *,
    insist: bool,
) -> Prepared:
    """Make ready what `config` describes. Raises UsageError, DataError or CheckpointError.

    To `insist` is to do so whatever memory it takes. A run that goes on was let in when it began,
    and is only told.
    """
    corpus, dataset, plan, notes = prepare_plan(config, on_reading)
    model = plan.model
    notes += check_memory(config, plan, insist=insist or resumed is not None)
    if resumed:
        check_same_text(resumed, corpus.sha256, dataset.vocabulary)
        arrays, header = resumed.checkpoint.arrays, resumed.checkpoint.header
        state, origin = state_from(arrays, header, model, plan.optimizer), resumed.notes
    else:
        params, origin = _fresh(config, model, dataset, init_from)
        state = TrainState.begin(params, plan.optimizer, averaging=plan.average > 0)
    return Prepared(config, corpus, dataset, plan, state, (*notes, *origin, *_missing(plan)))


def prepare_plan(
    config: Config, on_reading: Callable[[int, int], None] | None = None
) -> tuple[Corpus, Dataset, Plan, tuple[str, ...]]:
    """What every process of a run needs, whatever state it starts from; and notes for a user."""
    corpus, dataset = open_dataset(config, on_reading)
    batches, notes = batches_of(config, dataset)
    model = build.model(config, dataset.vocabulary.size)
    return corpus, dataset, _plan(config, model, dataset, batches), notes


def open_dataset(
    config: Config, on_reading: Callable[[int, int], None] | None = None
) -> tuple[Corpus, Dataset]:
    """The text of `config`, encoded and split, and its vocabulary.

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
    )
    return corpus, dataset


def batches_of(config: Config, dataset: Dataset) -> tuple[Chunks, tuple[str, ...]]:
    """The chunks of the training part, of the size asked for or the nearest it has room for."""
    n, t = dataset.train.characters, config.train
    if n < 2:
        raise DataError(
            f"the training part has {n} of the text's characters, and training needs 2 or more;"
            " use a longer text or a larger first share in data.split"
        )
    if dataset.train.records is not None:
        return _record_batches(config, dataset.train, len(dataset.train.records.lengths))
    B, T = fit(n, t.batch_size, t.seq_length)
    stride = None if t.stride is None else min(t.stride, T)
    batches = Batches(dataset.train, B, T, stride, t.seq_jitter, t.seed)
    if t.batch_size == B and t.seq_length == T:
        return batches, ()
    return batches, (
        f"the training part has only {n} characters: train.batch_size is {B} instead of"
        f" {t.batch_size}, train.seq_length {T} instead of {t.seq_length}",
    )


def _record_batches(
    config: Config, train: Part, records: int
) -> tuple[RecordBatches, tuple[str, ...]]:
    t = config.train
    B = min(t.batch_size, records)
    note = f"the training part has only {records} records: train.batch_size is {B}"
    return RecordBatches(train, B, t.seq_length, t.seed), (note,) * (t.batch_size > B)


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
            f"the weights would not begin as finite numbers of {dtype}; use a smaller"
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
        kernels=kernels.choose(),
        average=config.train.average,
        gradient_noise=config.train.gradient_noise,
        recompute=config.train.recompute,
    )
    waits = [
        *(["train.patience"] if plan.limits.patience is not None else []),
        *(["schedule: plateau"] if config.schedule.name == "plateau" else []),
    ]
    if plan.val is None and waits:
        raise UsageError(
            f"{waits[0]} needs a validation part, and this text has none; enlarge the second share"
            " in data.split, or do without"
        )
    return plan


def _missing(plan: Plan) -> Iterator[str]:
    if plan.val is None:
        yield "no validation part: the last weights will count as the best"
    if plan.test is None:
        yield "no test part: the best weights will not be tested"


def introduce(prepared: Prepared, run: Path, team: Team, *, resumed: bool) -> Started:
    """What there is to know before the first step."""
    config, plan, data = prepared.config, prepared.plan, prepared.dataset
    batches, params = plan.batches, prepared.state.params
    return Started(
        run=str(run),
        resumed_step=prepared.state.step if resumed else None,
        network=build.network_in_words(config),
        parameters=params.flat.size,
        tape_bytes=tape_bytes(plan, batches.batch_size, params.flat.dtype),
        vocab_size=data.vocabulary.size,
        train_chars=data.train.characters,
        val_chars=data.val.characters,
        test_chars=data.test.characters,
        unknown_val=data.unknown[1],
        unknown_test=data.unknown[2],
        uniform_loss=log(data.vocabulary.size),
        unigram_loss=data.unigram_loss,
        steps=_last_step(plan),
        endless=not plan.progress(0, 0.0),
        steps_per_epoch=batches.chunks,
        workers=team.comm.size,
        threads=team.threads,
        kernels=plan.kernels.name,
        version=__version__,
        notes=(*prepared.notes, *team.notes),
    )


def _last_step(plan: Plan) -> int | None:
    """The step at which the run ends, if it is steps or epochs that end it."""
    steps, epochs = plan.limits.max_steps, plan.limits.max_epochs
    ends = [] if steps is None else [steps]
    if epochs is not None and epochs * plan.batches.chunks < FAR:
        ends.append(ceil(epochs * plan.batches.chunks))
    return min(ends, default=None)
