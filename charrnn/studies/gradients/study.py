"""Gradient flow through a network: on any text, with trained or with fresh weights."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from charrnn.config import Config, build, load_config
from charrnn.errors import UsageError
from charrnn.nn import kernels
from charrnn.nn.arrays import DTYPES, shapes_only
from charrnn.nn.params import Params, size_of
from charrnn.runs.memory import Need, check_fits, needs_of_fresh_weights
from charrnn.runs.prepare import batches_of, fresh_weights, open_dataset
from charrnn.runs.trained import Trained, load
from charrnn.storage.checkpoint import refusal
from charrnn.studies.gradients.clipping import Clipping, clipped_lengths
from charrnn.studies.gradients.maths import Signal, error_signals
from charrnn.studies.gradients.spectrum import Spectrum, spectra
from charrnn.studies.score.study import open_part
from charrnn.text.batches import Chunks
from charrnn.text.part import Excerpts, Part

FLOAT64 = np.dtype(np.float64)
TOGETHER = 32  # positions that are read side by side
CONFIG_ENDINGS = (".yaml", ".yml")
ARCHIVE = b"PK"  # how a checkpoint file begins


@dataclass(frozen=True)
class GradientFlow:
    """The gradient flow of a network on a text."""

    network: str  # lstm 2x128
    step: int  # of the training, 0: fresh weights
    lags: int  # K
    positions: int  # W: end positions T in the text
    signals: tuple[Signal, ...]  # by layer and state
    spectra: tuple[Spectrum, ...]  # by layer and gate
    clipping: Clipping
    clip_norm: float | None  # that of the config
    clip_value: float | None
    batch_size: int  # of the chunks whose gradients were clipped
    seq_length: int


def untrained(config: Config, paths: Sequence[str] = (), *, force: bool = False) -> Trained:
    """The network of `config` with the weights that training would begin with.

    Its vocabulary is that of the texts `paths`, by default of the config's own. Raises DataError,
    and UsageError, unless by `force`, where there is not the memory for it.
    """
    own = replace(config, data=replace(config.data, path=tuple(paths) or config.data.path))
    dataset = open_dataset(own).dataset
    model, dtype = build.model(own, dataset.vocabulary.size), np.dtype(DTYPES[own.train.dtype])
    check_fits(needs_of_fresh_weights(own, model, dtype), force=force)
    params = fresh_weights(own, model, dtype)
    return Trained(Path(own.output.dir), model, params, dataset.vocabulary, own, step=0)


def trained_or_not(
    path: str,
    overrides: Sequence[str] = (),
    paths: Sequence[str] = (),
    *,
    force: bool = False,
) -> Trained:
    """A checkpoint or run directory, or what a config file describes, untrained.

    A config is a file that ends in .yaml or .yml, or does not begin as a checkpoint does. Raises
    ConfigError, CheckpointError, or what `untrained` raises.
    """
    if _is_config(Path(path)):
        return untrained(load_config(path, overrides), paths, force=force)
    if overrides:
        raise UsageError("a checkpoint has a fixed config", "leave out `overrides`")
    return load(path)


def gradient_flow(
    trained: Trained,
    paths: Sequence[str] = (),
    *,
    lags: int = 200,
    positions: int = 64,
    chunks: int = 50,
    force: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> GradientFlow:
    """Follow the gradients of `trained` through texts, by default through its config's own.

    The error signal is followed over 1 .. `lags` steps back from `positions` places that are spread
    over the text, in float64; a text that is too short has fewer of both. The gradients of `chunks`
    chunks are taken as training takes them, at the first steps of an epoch. `on_progress` receives
    how much is done, of how much. Raises DataError as `score` does, UsageError, unless by `force`,
    where there is not the memory, and CheckpointError for weights that are not finite.
    """
    return flow_through(
        trained,
        open_part(trained, paths or trained.config.data.path),
        lags,
        positions,
        chunks,
        force=force,
        on_progress=on_progress,
    )


def flow_through(
    trained: Trained,
    part: Part,
    lags: int,
    positions: int,
    chunks: int,
    *,
    force: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> GradientFlow:
    """As `gradient_flow`, through a part of a text in the model's own vocabulary."""
    model, config, p = trained.model, trained.config, trained.params
    if not np.isfinite(p.flat).all():
        raise refusal(trained.path, "it has weights that are not finite")
    batches, _ = batches_of(config, part)
    windows = part.excerpts(lags, positions)
    check_fits(_needs(trained, windows, batches), force=force)
    groups = range(0, len(windows.y), TOGETHER)
    most = min(chunks, batches.chunks)

    def report(done: int) -> None:
        if on_progress:
            on_progress(done, len(groups) + most)

    found: list[tuple[Signal, ...]] = []
    exact = Params(p.shapes, p.flat.astype(FLOAT64))
    for first in groups:
        some = windows.some(first, first + TOGETHER)
        found.append(error_signals(model, exact, some.x, some.y, some.steps))
        report(len(found))
    lengths: list[tuple[float, float, bool]] = []
    for one in _lengths(trained, batches, most):
        lengths.append(one)
        report(len(groups) + len(lengths))
    before, after, bounded = zip(*lengths, strict=True)
    return GradientFlow(
        network=build.network_in_words(config),
        step=trained.step,
        lags=windows.steps,
        positions=len(windows.y),
        signals=tuple(_joined(signals) for signals in zip(*found, strict=True)),
        spectra=tuple(spectra(model, p)),
        clipping=Clipping(np.array(before), np.array(after), np.array(bounded)),
        clip_norm=config.train.clip_norm,
        clip_value=config.train.clip_value,
        batch_size=batches.batch_size,
        seq_length=batches.longest,
    )


def _lengths(trained: Trained, batches: Chunks, chunks: int) -> Iterator[tuple[float, float, bool]]:
    t = trained.config.train
    return clipped_lengths(
        trained.model,
        trained.params,
        batches,
        chunks,
        value=t.clip_value,
        norm=t.clip_norm,
        seed=t.seed,
        recompute=t.recompute,
        kernels=kernels.choose_kernels(),
    )


def _joined(signals: Sequence[Signal]) -> Signal:
    """The same state at more positions."""
    norms = np.concatenate([signal.norms for signal in signals], axis=1)
    return replace(signals[0], norms=norms)


def _is_config(path: Path) -> bool:
    try:
        if path.is_dir():
            return False
        if path.suffix.lower() in CONFIG_ENDINGS:
            return True
        with path.open("rb") as file:
            return path.suffix != ".npz" and file.read(len(ARCHIVE)) != ARCHIVE
    except OSError:
        return False


def _needs(trained: Trained, excerpts: Excerpts, batches: Chunks) -> list[Need]:
    """Weights and gradients in float64, twice; hidden states; the activations of one pass."""
    model, config, B = trained.model, trained.config, min(TOGETHER, len(excerpts.y))
    weights = 4 * size_of(model.shapes()) * FLOAT64.itemsize
    per_step = B * sum(cell.hidden_size * len(cell.states) for cell in model.cells)
    longest = min(batches.longest, config.train.recompute or batches.longest)
    with shapes_only():
        one_step = model.tape(1, B, FLOAT64).nbytes
        chunk = model.tape(longest, batches.batch_size, trained.params.flat.dtype).nbytes
    network = f"a smaller model.hidden_size ({config.model.hidden_size})"
    tracks = f"a smaller train.batch_size ({config.train.batch_size})"
    return [
        Need("the weights and their gradients", weights, (network,)),
        Need(
            "the hidden states",
            (excerpts.steps + 2) * per_step * FLOAT64.itemsize,
            ("fewer `lags`", network),
        ),
        Need("the activations", max(one_step, chunk), (tracks, network)),
    ]
