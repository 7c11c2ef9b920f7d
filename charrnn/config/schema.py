"""The config as a whole: its sections, and the rules between keys."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from charrnn.config.keys import Choice, choice
from charrnn.config.problems import Problem, lines
from charrnn.config.reader import Reader
from charrnn.config.sections import DataConfig, ModelConfig, OutputConfig, TrainConfig
from charrnn.config.tree import Node, tree_of
from charrnn.errors import ConfigError
from charrnn.optim import OPTIMIZERS, SCHEDULES
from charrnn.settings import setting


@dataclass(frozen=True)
class Config:
    """The complete config of a run; every key has a value."""

    data: DataConfig = setting(DataConfig(), "the text and how to read it")
    model: ModelConfig = setting(ModelConfig(), "the network")
    optimizer: Choice = choice("adam", "optimizer", OPTIMIZERS)
    schedule: Choice = choice("constant", "learning rate schedule", SCHEDULES)
    train: TrainConfig = setting(
        TrainConfig(), "the training: batches, regularisation, clipping, and when it ends"
    )
    output: OutputConfig = setting(OutputConfig(), "the files of a run")

    @classmethod
    def from_tree(cls, root: Node, problems: Sequence[Problem] = ()) -> "Config":
        """The config that a tree describes. Raises ConfigError with all problems.

        `problems` are those met when the tree was built.
        """
        reader = Reader(cls)
        config = reader.section(cls, with_open_end(root))
        collected = [*problems, *reader.problems]
        collected += conflicts(config, root, {problem.key for problem in collected})
        if collected:
            raise ConfigError(lines(collected))
        return config

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Config":
        """The config from plain data, with the same checks as a file. Raises ConfigError."""
        return cls.from_tree(tree_of(data))

    def to_dict(self) -> dict[str, Any]:
        """Every key and its value as plain data; `from_dict` is the inverse."""
        return {item.name: plain(getattr(self, item.name)) for item in fields(self)}


def plain(value: Any) -> Any:
    """A value of a config as plain data for JSON and YAML; a list of one path becomes that path."""
    match value:
        case Choice():
            return {"name": value.name, **value.options}
        case float() if value.is_integer() and abs(value) < 2**53:
            return int(value)
        case tuple():
            return value[0] if len(value) == 1 else list(value)
    if is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    return value


def as_written(value: Any) -> str:
    """A plain value as a config spells it: null, true, [1, 2]; a text without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def with_open_end(root: Node) -> Node:
    """`root` with train.max_epochs: null if it has another limit but no max_epochs.

    A user who asks for 10000 steps does not expect the default to end the run earlier.
    """
    train = root.value.get("train") if isinstance(root.value, dict) else None
    written = train.value if train and isinstance(train.value, dict) else {}
    others = [written[key] for key in ("max_steps", "max_minutes") if key in written]
    if not train or "max_epochs" in written or all(node.value is None for node in others):
        return root
    without_limit = replace(train, value={**written, "max_epochs": Node(None, train.place)})
    return replace(root, value={**root.value, "train": without_limit})


def tied_sizes_differ(config: Config) -> str:
    m = config.model
    if not m.tie_weights or m.embedding_size == m.hidden_size:
        return ""
    return (
        f"found true; tied weights need model.embedding_size ({m.embedding_size}) to equal"
        f" model.hidden_size ({m.hidden_size})"
    )


def stride_too_large(config: Config) -> str:
    t = config.train
    if t.stride is None or t.stride <= t.seq_length:
        return ""
    return f"found {t.stride}; expected at most train.seq_length ({t.seq_length})"


def jitter_with_overlap(config: Config) -> str:
    t = config.train
    if not t.seq_jitter or t.stride in (None, t.seq_length):
        return ""
    return (
        f"found {t.seq_jitter:g}; the ends of chunks cannot move if train.stride makes them"
        " overlap; set only one of the two"
    )


def records_conflict(config: Config) -> str:
    if wrong := separator_not_ascii(config):
        return wrong
    t = config.train
    if config.data.records is None or (t.stride in (None, t.seq_length) and not t.seq_jitter):
        return ""
    return (
        f"found {config.data.records!r}; records are read from their beginning: leave out"
        " train.stride and train.seq_jitter"
    )


def separator_not_ascii(config: Config) -> str:
    d = config.data
    if d.records is None or d.level != "byte" or ord(d.records) < 128:
        return ""
    return f"found {d.records!r}; with data.level: byte it must be an ASCII character"


def end_unknown(config: Config) -> str:
    t = config.train
    limits = (t.max_epochs, t.max_steps, t.max_minutes)
    if not SCHEDULES[config.schedule.name].spans_run or any(limits):
        return ""
    return (
        f"found {config.schedule.name}, which depends on the length of the run; set"
        " train.max_epochs, train.max_steps or train.max_minutes"
    )


# The key named in the message, the other keys that matter, and a function for the message.
CONFLICTS: dict[str, tuple[tuple[str, ...], Callable[[Config], str]]] = {
    "model.tie_weights": (("model.embedding_size", "model.hidden_size"), tied_sizes_differ),
    "train.stride": (("train.seq_length",), stride_too_large),
    "train.seq_jitter": (("train.stride", "train.seq_length"), jitter_with_overlap),
    "data.records": (
        ("data.level", "train.stride", "train.seq_length", "train.seq_jitter"),
        records_conflict,
    ),
    "schedule.name": (("train.max_epochs", "train.max_steps", "train.max_minutes"), end_unknown),
}


def conflicts(config: Config, root: Node, faulty: set[str]) -> list[Problem]:
    """Violations of the rules between keys, except rules about a key that is already `faulty`."""
    return [
        Problem(root.place_of(key), key, text)
        for key, (others, check) in CONFLICTS.items()
        if faulty.isdisjoint((key, *others)) and (text := check(config))
    ]
