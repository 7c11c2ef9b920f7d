"""Construction of the objects that a config describes: keys become constructor arguments."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

from charrnn.config import Choice, Config
from charrnn.nn.cells import CELLS
from charrnn.nn.initializers import INITIALIZERS, Initializer
from charrnn.nn.layers.noise import DropoutRates
from charrnn.nn.model import CharModel
from charrnn.optim import OPTIMIZERS, SCHEDULES, Optimizer, Schedule
from charrnn.text.read import TextFormat
from charrnn.training.plan import Limits

Chosen = TypeVar("Chosen")


def model(config: Config, vocab_size: int) -> CharModel:
    """The network of `config` for a vocabulary of `vocab_size` symbols."""
    m = config.model
    cell = CELLS[m.cell.name](hidden_size=m.hidden_size, **m.cell.options)  # type: ignore[call-arg]
    return CharModel(
        vocab_size=vocab_size,
        cells=(cell,) * m.num_layers,
        embedding_size=m.embedding_size,
        tied=m.tie_weights,
        dropout=DropoutRates(
            input=m.input_dropout,
            hidden=m.dropout,
            output=m.dropout if m.output_dropout is None else m.output_dropout,
            recurrent=m.recurrent_dropout,
            weights=m.weight_dropout,
            zoneout=m.zoneout,
            variational=m.variational,
        ),
        learn_initial_state=m.learn_initial_state,
        label_smoothing=config.train.label_smoothing,
    )


def initializer(config: Config) -> Initializer:
    return _chosen(INITIALIZERS, config.model.init)


def optimizer(config: Config) -> Optimizer:
    return _chosen(OPTIMIZERS, config.optimizer)


def schedule(config: Config) -> Schedule:
    return _chosen(SCHEDULES, config.schedule)


def text_format(config: Config) -> TextFormat:
    """The format of the text of `config`: its level, encoding and normalisation."""
    d = config.data
    return TextFormat(
        level=d.level,
        encoding=d.encoding,
        lowercase=d.lowercase,
        normalize=d.normalize,
        newlines=d.newlines,
    )


def limits(config: Config) -> Limits:
    """The limits that end the run of `config`."""
    t = config.train
    return Limits(
        max_steps=t.max_steps,
        max_epochs=t.max_epochs,
        max_minutes=t.max_minutes,
        patience=t.patience,
    )


def network_in_words(config: Config) -> str:
    """Cell, number of layers and size, with the options of the cell that are not defaults.

    Examples: `lstm 2x128`, `gru 1x256 (reset after)`, `lstm 1x64 (peephole, layer norm)`.
    """
    m = config.model
    options = [
        option.name.replace("_", " ") + ("" if value is True else f" {value}")
        for option in fields(CELLS[m.cell.name])  # type: ignore[arg-type]
        if (value := m.cell.options.get(option.name, option.default)) != option.default
    ]
    in_brackets = f" ({', '.join(options)})" if options else ""
    return f"{m.cell.name} {m.num_layers}x{m.hidden_size}{in_brackets}"


def _chosen(table: Mapping[str, type[Chosen]], choice: Choice) -> Chosen:
    return table[choice.name](**choice.options)
