"""From text and overrides to a Config, whatever the text is, and back."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charrnn.config import Choice, Config, build, dump_config, load_config, parse_config
from charrnn.config.keys import Key, defaults_of, keys_of
from charrnn.config.kinds import Symbol, is_clean
from charrnn.config.problems import Place
from charrnn.config.scalars import scalar_of
from charrnn.config.yaml_tree import tree_of_yaml, yaml_of
from charrnn.errors import ConfigError
from charrnn.nn.cells import CELLS
from charrnn.optim import OPTIMIZERS
from tests.grid import examples


def parse(text: str, *overrides: str) -> Config:
    return parse_config(text, "my.yaml", overrides)


# --- scalars -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "value"),
    [
        *((word, None) for word in ("", "~", "null", "Null", "NULL")),
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        *((word, int(word)) for word in ("0", "7", "+7", "-7", "1234567890123456789")),
        *((word, float(word)) for word in ("1e-3", "1e3", ".5", "2.", "-1.5E+2", "0.1", "1e999")),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        *((word, word) for word in ("no", "off", "yes", "on", "y", "1_000", "1:30", "0x10", "0o7")),
        *(
            (word, word)
            for word in ("2024-01-01", "1e", ".", "-", "e3", "tRUE", "inf", "nan", "<<")
        ),
    ],
)
def test_a_word_without_quotes_is_what_the_core_schema_says(word: str, value: Any):
    found = scalar_of(word)
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_recognised():
    found = scalar_of(".nan")
    assert found != found


def test_thousands_of_digits_are_no_trouble():
    assert scalar_of("9" * 5000) == float("inf")


LSTM = defaults_of(CELLS["lstm"])

# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", ["", "# a comment\n", "---\n", "{}", "~", "\ufeff", "model:\n"])
def test_nothing_is_all_defaults(nothing: str):
    assert parse(nothing) == Config()


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("data: {path: a.txt}", "data.path", ("a.txt",)),
        ("data: {path: [a.txt, b.txt]}", "data.path", ("a.txt", "b.txt")),
        ("data: {path: 'no'}", "data.path", ("no",)),
        ("data: {path: no}", "data.path", ("no",)),
        ("data: {split: [1, 0, 0]}", "data.split", (1.0, 0.0, 0.0)),
        ("data: {split: [0.9, 0.05, 0.0500009]}", "data.split", (0.9, 0.05, 0.0500009)),
        ("data: {normalize: NFKC}", "data.normalize", "NFKC"),
        ("data: {encoding: latin-1}", "data.encoding", "latin-1"),
        ("train: {max_steps: 1e3}", "train.max_steps", 1000),
        ("train: {clip_norm: 5}", "train.clip_norm", 5.0),
        ("train: {clip_norm: ~}", "train.clip_norm", None),
        ("train: {clip_norm: 1e-3}", "train.clip_norm", 0.001),
        ("train: {workers: auto}", "train.workers", "auto"),
        ("train: {workers: 4}", "train.workers", 4),
        ("train: {seed: 9223372036854775807}", "train.seed", 2**63 - 1),
        ("train: {stride: 50}", "train.stride", 50),
        ("model: {dropout: 0.5, num_layers: 1}", "model.dropout", 0.5),
        ("output: {dir: '128'}", "output.dir", "128"),
        (
            "model: {cell: gru}",
            "model.cell",
            Choice("gru", {"reset": "before", "layer_norm": False}),
        ),
        (
            "model: {cell: {name: gru, reset: after}}",
            "model.cell",
            Choice("gru", {"reset": "after", "layer_norm": False}),
        ),
        ("model: {init: {name: normal, std: 1}}", "model.init", Choice("normal", {"std": 1.0})),
        (
            "model: {cell: {forget_bias: 2}}",
            "model.cell",
            Choice("lstm", {**LSTM, "forget_bias": 2.0}),
        ),
        (
            "model: {cell: {peephole: full}}",
            "model.cell",
            Choice("lstm", {**LSTM, "peephole": "full"}),
        ),
        ('data: {records: "\\n"}', "data.records", "\n"),
        ("optimizer: {name: sgd}", "optimizer", Choice("sgd", defaults_of(OPTIMIZERS["sgd"]))),
        ("schedule: cosine", "schedule.name", "cosine"),
    ],
)
def test_a_value_is_held_in_the_type_of_its_key(text: str, key: str, value: Any):
    found: Any = parse(text)
    for name in key.split("."):
        found = getattr(found, name)
    assert found == value
    assert type(found) is type(value)


# --- the end of a run ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("train", "max_epochs"),
    [
        ("{}", 50),
        ("{max_steps: 10}", None),
        ("{max_minutes: 10}", None),
        ("{max_steps: null}", 50),
        ("{max_steps: 10, max_epochs: 3}", 3),
        ("{max_minutes: 10, max_epochs: 50}", 50),
        ("{max_epochs: null}", None),
        ("{max_epochs: null, max_steps: null, max_minutes: null}", None),
        ("{patience: 3}", 50),
    ],
)
def test_the_default_of_max_epochs_counts_only_where_nothing_else_ends_the_run(train, max_epochs):
    assert parse(f"train: {train}").train.max_epochs == max_epochs


def test_a_limit_given_as_an_override_is_a_limit():
    assert parse("train: {seed: 2}", "train.max_steps=5").train.max_epochs is None
    assert parse("train: {max_steps: 5}", "train.max_steps=null").train.max_epochs == 50


# --- overrides -----------------------------------------------------------------------------------


ADAM = "optimizer: {name: adam, learning_rate: 9, beta1: 0.5}"
LSTM = "model: {cell: {name: lstm, forget_bias: 2}}"


@pytest.mark.parametrize(
    ("text", "overrides", "key", "value"),
    [
        ("train: {seed: 1}", ["train.seed=2"], "train.seed", 2),
        ("", ["train.seed=2", "train.seed=3"], "train.seed", 3),
        ("train:\n", ["train.seed=2"], "train.seed", 2),
        ("", ["train={seed: 2}"], "train.seed", 2),
        ("train: {batch_size: 7}", ["train={seed: 2}"], "train.batch_size", 50),
        ("train: {patience: 3}", ["train.patience="], "train.patience", None),
        ("", ["data.path=[a, 'b=c']"], "data.path", ["a", "b=c"]),
        ("", ["output.dir=runs/a=b"], "output.dir", "runs/a=b"),
        ("", ["optimizer.learning_rate=1e-3"], "optimizer.learning_rate", 1e-3),
        ("optimizer: sgd", ["optimizer.learning_rate=3"], "optimizer.name", "sgd"),
        ("optimizer: sgd", ["optimizer.learning_rate=3"], "optimizer.learning_rate", 3.0),
        (ADAM, ["optimizer.eps=1"], "optimizer.beta1", 0.5),
        (ADAM, ["optimizer=sgd"], "optimizer.learning_rate", 1.0),
        (ADAM, ["optimizer.name=adam"], "optimizer.learning_rate", 0.002),
        (ADAM, ["optimizer=null"], "optimizer.beta1", 0.9),
        (LSTM, ["model.cell=gru"], "model.cell.name", "gru"),
        (LSTM, ["model.cell.name=gru", "model.cell.reset=after"], "model.cell.reset", "after"),
        (LSTM, ["model.hidden_size=3"], "model.cell.forget_bias", 2.0),
    ],
)
def test_overrides_are_laid_over_the_file_in_their_order(text, overrides, key, value):
    found: Any = parse(text, *overrides).to_dict()
    for name in key.split("."):
        found = found[name]
    assert found == value


# --- files ---------------------------------------------------------------------------------------


def refusal(path: Path | str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    (line,) = caught.value.problems
    return line


def test_a_file_is_read_as_its_text_is(tmp_path: Path):
    file = tmp_path / "ä.yaml"
    file.write_bytes("\ufeffoutput: {dir: ü}\r\n".encode())
    assert load_config(file).output.dir == "ü"
    assert load_config(str(file), ["output.dir=o"]).output.dir == "o"
    file.write_text("foo: 1")
    assert refusal(file).startswith(f"{file}:1:1: foo: unknown key")


def test_what_is_no_config_file_is_told_in_one_line(tmp_path: Path):
    file = tmp_path / "c.yaml"
    assert refusal(file).startswith(f"{file}: there is no such file; `charrnn config init")
    assert refusal(tmp_path) == f"{tmp_path}: is a folder; name the config file in it"
    file.write_bytes(b"data: {path: \xe4}")
    assert refusal(file) == f"{file}: is not UTF-8 (byte 14); save it in that encoding"
    file.write_bytes(b"#" * (2**20 + 1))
    assert refusal(file) == f"{file}: is larger than 1 MiB; is it the text instead of the config?"
    assert refusal("a\0b") == "a\\x00b: is not a name that a file can have"
    assert refusal(file / "below") == f"{file / 'below'}: cannot be read (Not a directory)"


def test_a_file_of_one_mebibyte_is_read(tmp_path: Path):
    file = tmp_path / "c.yaml"
    file.write_bytes(b"#" * 2**20)
    assert load_config(file) == Config()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert refusal(fifo).startswith(f"{fifo}: is not a regular file")


# --- hostile text --------------------------------------------------------------------------------


@contextmanager
def few_calls() -> Iterator[None]:
    """Fail at the millionth call of a function: what takes that many does not end soon."""
    calls = count(1)

    def profile(_frame: object, event: str, _argument: object) -> None:
        if event in ("call", "c_call"):
            assert next(calls) < 1_000_000, "a million calls, and more to come"

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)


ALIAS_BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGE_BOMB = "a: &a {x: 1}\n" + "".join(
    f"{b}: &{b} {{<<: [{', '.join([f'*{a}'] * 9)}]}}\n"
    for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        ALIAS_BOMB,
        MERGE_BOMB,
        "a: &a [*a]",
        "[" * 500,
        "{a: " * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "train: {seed: " + "9" * 100_000 + "}",
        "train: {seed: 0" + "9" * 100_000 + "}",
        f"data: {{encoding: {'x' * 100_000}}}",
        "%YAML 1." + "9" * 5000 + "\n--- a",
        '"\\U00110000"',
    ],
)
def test_a_bomb_is_refused_after_little_work(text: str):
    with few_calls(), pytest.raises(ConfigError):
        parse(text)


def config_or_problems(make: Callable[[], Config]) -> Config | list[str]:
    """A config, or what is wrong; any other exception fails the test."""
    try:
        return make()
    except ConfigError as error:
        return error.problems


def check_answer(answer: Config | list[str]) -> None:
    if isinstance(answer, Config):
        assert Config.from_dict(answer.to_dict()) == answer
    else:
        assert answer
        assert all(line and line.isprintable() for line in answer)


YAML_LIKE = st.lists(
    st.sampled_from(
        [
            *"{}[]:,-?&*!|>%@#'\"\\ \n\t0123456789",
            *("\n  ", ": ", "- ", "<<", "---\n", "...\n", "&a ", "*a", "!!int ", "1e3", "~"),
            *("model", "train", "seed", "optimizer", "name", "adam"),
        ]
    ),
    max_size=40,
).map("".join)


@examples(200)
@given(st.one_of(st.text(), YAML_LIKE))
def test_arbitrary_text_gives_a_config_or_a_config_error(text: str):
    check_answer(config_or_problems(lambda: parse(text)))


@examples(150)
@given(st.text(), st.one_of(st.text(), YAML_LIKE))
def test_arbitrary_overrides_give_a_config_or_a_config_error(word: str, value: str):
    overrides = (word, value, f"train.seed={value}", f"optimizer.{value}={word}")
    check_answer(config_or_problems(lambda: parse("optimizer: sgd", *overrides)))


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.just("lstm"),
    st.just("adam"),
)
NAMES = st.sampled_from([*keys_of(Config), *keys_of(type(Config().train)), "cell", "name", "path"])
NESTED = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=25,
)


@examples(300)
@given(st.dictionaries(NAMES, NESTED, max_size=4) | NESTED)
def test_arbitrary_nested_data_gives_a_config_or_a_config_error(data: Any):
    check_answer(config_or_problems(lambda: parse(yaml_of(data))))
    check_answer(config_or_problems(lambda: Config.from_dict(data)))


# --- there and back ------------------------------------------------------------------------------


@example({"<<": 1})
@example({"a": ["\x85"], "b": "\u2028", "c": "1e3", "d": "010", "e": "no"})
@examples(300)
@given(st.dictionaries(st.text(), st.lists(st.text()) | st.integers(-(2**63), 2**63) | st.text()))
def test_written_data_is_read_back_as_it_was(data: dict[str, Any]):
    root, problems = tree_of_yaml(yaml_of(data), Place)
    assert (root.plain(), problems) == (data, [])


def values(key: Key) -> st.SearchStrategy[Any]:
    """Plain values that `key` allows."""
    rule = key.setting.rule
    bounds = rule.schema if rule else {}
    low = bounds.get("minimum", bounds.get("exclusiveMinimum", -1e300))
    high = bounds.get("maximum", bounds.get("exclusiveMaximum", 1e300))
    usual: dict[Any, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        int: st.integers(max(int(low), -(2**62)), min(int(high), 2**63 - 1)),
        float: st.floats(low, high),
        Symbol: st.characters(exclude_categories=["Cs"]),
        str: st.sampled_from(key.words or ("utf-8", "latin-1", "ascii")),
        tuple[str, ...]: st.lists(st.text(min_size=1).filter(is_clean), min_size=1),
        tuple[float, float, float]: st.sampled_from([[1, 0, 0], [0.8, 0.1, 0.1]]),
    }
    if key.name == "dir":
        return st.text(min_size=1).filter(is_clean)
    if key.setting.table is not None:
        choices = [
            st.fixed_dictionaries({"name": st.just(name)}, optional=optional(cls))
            for name, cls in key.setting.table.items()
        ]
        return st.one_of(*choices)
    if key.is_section:
        return st.fixed_dictionaries({}, optional=optional(key.hint))
    first, *others = getattr(key.hint, "__args__", None) or (key.hint,)
    if key.hint in usual:
        first, others = key.hint, []
    allowed = usual[first].filter(lambda value: rule is None or rule.holds(value))
    extra = [None if other is type(None) else get_args(other)[0] for other in others]
    return st.one_of(allowed, st.sampled_from(extra)) if extra else allowed


def optional(cls: type) -> dict[str, st.SearchStrategy[Any]]:
    return {name: values(key) for name, key in keys_of(cls).items()}


@st.composite
def configs(draw: st.DrawFn) -> Config:
    """Any config that holds together between its keys."""
    data = draw(st.fixed_dictionaries({}, optional=optional(Config)))
    model, train = data.setdefault("model", {}), data.setdefault("train", {})
    if model.get("tie_weights"):
        model["embedding_size"] = model.setdefault("hidden_size", 8)
    if train.get("stride"):
        train["seq_length"] = train["stride"]
    if data.get("data", {}).get("records"):
        train["seq_jitter"] = 0
        data["data"]["level"] = "char"
    if train.get("max_epochs", 50) is None:
        train["max_steps"] = 1
    return Config.from_dict(data)


@examples(150)
@given(configs())
def test_a_written_config_is_read_back_as_it_was(config: Config):
    text = dump_config(config)
    assert parse(text) == config
    assert dump_config(parse(text)) == text
    assert Config.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("{cell: lstm}", "lstm 2x128"),
        ("{cell: {name: gru, reset: after}, num_layers: 1, hidden_size: 256}",
         "gru 1x256 (reset after)"),
        ("{cell: {name: rnn, activation: relu}}", "rnn 2x128 (activation relu)"),
        ("{cell: {name: lstm, peephole: true, layer_norm: true, forget_bias: 1.0}}",
         "lstm 2x128 (peephole, layer norm)"),
        ("{cell: {name: lstm, peephole: full, forget_bias: 2.5}}",
         "lstm 2x128 (forget bias 2.5, peephole full)"),
    ],
)  # fmt: skip
def test_a_network_in_words(model: str, words: str) -> None:
    config = parse_config(f"model: {model}", "test")
    assert build.network_in_words(config) == words
