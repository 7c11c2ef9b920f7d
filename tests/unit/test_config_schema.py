"""The keys and what is made from them: the contract's defaults, schema, starter, reference."""

import json
import pickle
import re
from dataclasses import FrozenInstanceError, dataclass, fields
from itertools import pairwise
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.config import (
    Choice,
    Config,
    dump_config,
    json_schema,
    parse_config,
    resume_changes,
    starter_config,
)
from charrnn.config.keys import Key, UnfitError, choice, dotted_keys, keys_of
from charrnn.config.reader import Reader
from charrnn.config.tree import tree_of
from charrnn.errors import ConfigError
from charrnn.nn.cells import CELLS
from charrnn.nn.initializers import INITIALIZERS
from charrnn.optim import OPTIMIZERS, SCHEDULES
from charrnn.settings import above, at_least, between, from_up_to, one_of, setting

DOTTED = dict(dotted_keys(Config))

ADAM = keys_of(OPTIMIZERS["adam"])
CONTRACT = """
data:      {path: data/fables.txt, encoding: utf-8, level: char, min_count: 1, lowercase: false,
            normalize: null, vocabulary: all, split: [0.9, 0.05, 0.05]}
model:     {cell: lstm, hidden_size: 128, num_layers: 2, embedding_size: 0, dropout: 0.0,
            tie_weights: false, learn_initial_state: false}
optimizer: {name: adam, learning_rate: 0.002}
schedule:  {name: constant}
train:     {batch_size: 50, seq_length: 50, stride: null, max_epochs: 50, max_steps: null,
            max_minutes: null, clip_norm: 5.0, clip_value: null, eval_every: 1000, patience: null,
            seed: 1, dtype: float32, workers: 1}
output:    {dir: runs/fables-lstm, checkpoint_every: 1000, keep: 2, sample_every: null}
"""


def problems(data: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        Config.from_dict(data)
    return caught.value.problems


# --- the keys ------------------------------------------------------------------------------------


def test_the_defaults_are_those_of_the_contract():
    assert parse_config(CONTRACT, "contract") == Config()
    assert Config().data.newlines == "lf"
    assert Config().model.init == Choice("default", {})


def test_a_config_is_frozen_and_travels_to_other_processes():
    config = Config()
    with pytest.raises(FrozenInstanceError):
        config.train.seed = 2  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(config)) == config


def test_every_key_says_what_it_is_for():
    docs = {dotted: key.setting.doc for dotted, key in DOTTED.items()}
    assert {k: doc for k, doc in docs.items() if len(doc) <= 5 or doc[-1] in ".;,"} == {}


@pytest.mark.parametrize("table", [CELLS, INITIALIZERS, OPTIMIZERS, SCHEDULES])
def test_the_options_of_a_table_are_keys_with_usable_defaults(table: dict[str, type]):
    for cls in table.values():
        for name, key in keys_of(cls).items():
            assert name != "name", "`name` is where the choice itself stands"
            assert key.read(key.default) == key.default


def test_fields_without_a_setting_are_no_keys():
    assert "hidden_size" in {field.name for field in fields(CELLS["lstm"])}
    assert "hidden_size" not in keys_of(CELLS["lstm"])
    assert problems({"model": {"cell": {"name": "lstm", "hidden_size": 5}}}) == [
        "model.cell.hidden_size: unknown key; did you mean 'model.hidden_size'?"
    ]


# --- rules, kinds and choices, on toys -----------------------------------------------------------


@dataclass(frozen=True)
class Hammer:
    weight: float = setting(2.0, "how heavy", above(0))


@dataclass(frozen=True)
class Saw:
    teeth: int = setting(24, "how many", at_least(3), resumable=True)
    grip: str = setting("wood", "what the hand holds", one_of("wood", "steel"))
    made_by: str = "nobody"


TOOLS = {"hammer": Hammer, "saw": Saw}


@dataclass(frozen=True)
class Bench:
    legs: int = setting(4, "legs", between(3, 6))


@dataclass(frozen=True)
class Workshop:
    bench: Bench = setting(Bench(), "where work is done")
    tool: Choice = choice("saw", "what is in the hand", TOOLS)
    light: float | None = setting(0.5, "how bright", from_up_to(0, 1))
    hands: int | Literal["all"] = setting(2, "hands", at_least(1))


def read(data: Any) -> tuple[Workshop, list[str]]:
    reader = Reader(Workshop)
    made = reader.section(Workshop, tree_of(data))
    return made, [str(problem) for problem in reader.problems]


def test_nothing_written_is_all_defaults_with_all_options():
    expected = Workshop(Bench(4), Choice("saw", {"teeth": 24, "grip": "wood"}), 0.5, 2)
    assert read({}) == (expected, [])
    assert read(None) == (expected, [])
    assert read({"bench": None, "tool": None}) == (expected, [])
    assert Workshop() == expected


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("hammer", Choice("hammer", {"weight": 2.0})),
        ({"name": "hammer"}, Choice("hammer", {"weight": 2.0})),
        ({"name": "hammer", "weight": 3}, Choice("hammer", {"weight": 3.0})),
        ({"grip": "steel"}, Choice("saw", {"teeth": 24, "grip": "steel"})),
        ({}, Choice("saw", {"teeth": 24, "grip": "wood"})),
    ],
)
def test_a_choice_is_a_name_or_a_mapping(written: Any, held: Choice):
    assert read({"tool": written}) == (Workshop(tool=held), [])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"tool": "hamer"}, "tool: found text 'hamer'; expected one of hammer, saw; did you mean"
                            " 'hammer'?"),
        ({"tool": {"name": 5}}, "tool.name: found 5; expected one of hammer, saw"),
        ({"tool": {"name": "saw", "made_by": "x"}}, "tool.made_by: unknown key; known here: teeth,"
                                                    " grip"),
        ({"tool": {"teeth": 2}}, "tool.teeth: found 2; expected an integer of at least 3"),
        ({"legs": 4}, "legs: unknown key; did you mean 'bench.legs'?"),
        ({"bench": {"legs": 7}}, "bench.legs: found 7; expected an integer from 3 to 6"),
        ({"bench": {"legs": True}}, "bench.legs: found true; expected an integer from 3 to 6"),
        ({"bench": [4]}, "bench: found a list; expected a mapping with keys"),
        ({"light": 1}, "light: found 1; expected a number from 0 up to, but not including, 1 or"
                       " null"),
        ({"light": 10**400}, f"light: found 1{'0' * 56}...; expected a number that is finite"),
        ({"hands": "both"}, "hands: found text 'both'; expected an integer of at least 1 or all"),
        ({"hands": {1, 2}}, "hands: found {1, 2}; expected an integer of at least 1 or all"),
        ({5: 1}, "5: unknown key; known here: bench, tool, light, hands"),
    ],
)  # fmt: skip
def test_one_fault_is_one_problem_and_the_default_stands_in(data: Any, problem: str):
    assert read(data) == (Workshop(), [problem])


@pytest.mark.parametrize(
    ("rule", "inside", "outside"),
    [
        (at_least(1), [1, 1.5, 9], [0, 0.99, -1]),
        (above(0), [1e-9, 1], [0, -1]),
        (between(0, 1), [0, 0.5, 1], [-0.01, 1.01]),
        (from_up_to(0, 1), [0, 0.99], [-0.01, 1]),
        (one_of("a", "b"), ["a", "b"], ["c", "A", ""]),
    ],
)
def test_a_rule_says_the_same_to_python_and_in_json_schema(rule, inside, outside):
    for value in inside:
        assert rule.holds(value)
        assert valid(rule.schema, value)
    for value in outside:
        assert not rule.holds(value)
        assert not valid(rule.schema, value)


SMALLEST = {
    **dict.fromkeys(("data.min_count", "model.hidden_size", "model.num_layers"), 1),
    **dict.fromkeys(("train.batch_size", "train.seq_length", "train.stride", "train.workers"), 1),
    **dict.fromkeys(("train.max_steps", "train.eval_every", "train.patience"), 1),
    **dict.fromkeys(("output.checkpoint_every", "output.keep", "output.sample_every"), 1),
    **dict.fromkeys(("model.embedding_size", "model.dropout", "train.seed"), 0),
    "train.max_recoveries": 0,
    **dict.fromkeys(("model.output_dropout", "model.input_dropout", "model.recurrent_dropout"), 0),
    **dict.fromkeys(("model.weight_dropout", "model.zoneout", "train.seq_jitter"), 0),
    **dict.fromkeys(("train.label_smoothing", "train.gradient_noise", "train.average"), 0),
    "train.recompute": 1,
    **dict.fromkeys(("train.max_epochs", "train.max_minutes"), 1e-9),
    **dict.fromkeys(("train.clip_norm", "train.clip_value"), 1e-9),
}


@pytest.mark.parametrize("dotted", SMALLEST)
def test_a_number_has_a_smallest_value(dotted: str):
    key, smallest = DOTTED[dotted], SMALLEST[dotted]
    assert key.read(smallest) == smallest
    with pytest.raises(UnfitError, match=re.escape(key.expected)):
        key.read(smallest - 1)
    with pytest.raises(UnfitError):
        key.read(-0.5)


def test_every_number_is_in_the_table_above():
    numbers = {
        dotted
        for dotted, key in DOTTED.items()
        if key.setting.table is None
        and not key.is_section
        and not is_option(dotted)
        and key.kinds[0].schema["type"] in ("integer", "number")
    }
    assert numbers == set(SMALLEST)


# --- plain data ----------------------------------------------------------------------------------


def test_plain_data_is_complete_and_json():
    data = Config().to_dict()
    assert json.loads(json.dumps(data)) == data
    assert Config.from_dict(data) == Config()
    assert data["data"]["path"] == "data/fables.txt"
    assert data["data"]["split"] == [0.9, 0.05, 0.05]
    assert data["optimizer"] == {
        "name": "adam",
        "learning_rate": 0.002,
        "beta1": 0.9,
        "beta2": 0.999,
        "eps": 1e-8,
    }


def test_problems_of_plain_data_name_the_key_and_no_place():
    assert problems({"train": {"seed": -1, "stride": 99}, "modle": {}}) == [
        "modle: unknown key; did you mean 'model'?",
        "train.seed: found -1; expected an integer of at least 0",
        "train.stride: found 99; expected at most train.seq_length (50)",
    ]


@pytest.mark.parametrize("data", [5, "words", [], True, object])
def test_what_is_no_mapping_is_a_problem(data: Any):
    assert len(problems(data)) == 1


def test_data_that_holds_itself_is_a_problem():
    endless: dict[str, Any] = {}
    endless["model"] = endless
    assert problems(endless) == ["model.model: unknown key; did you mean 'model'?"]


# --- resuming ------------------------------------------------------------------------------------

MAY_CHANGE = {
    "train.max_epochs",
    "train.max_steps",
    "train.max_minutes",
    "train.patience",
    "train.eval_every",
    "train.workers",
    "train.recompute",
    "train.on_nonfinite",
    "train.max_recoveries",
    "optimizer.learning_rate",
    "output.dir",
    "output.checkpoint_every",
    "output.keep",
    "output.sample_every",
    "output.tensorboard",
}


def test_what_may_change_on_resume_is_exactly_this():
    assert {dotted for dotted, key in DOTTED.items() if key.setting.resumable} == MAY_CHANGE


@pytest.mark.parametrize(
    ("override", "key", "old", "new"),
    [
        ("train.max_steps=5", "train.max_steps", 1, 5),
        ("train.workers=auto", "train.workers", 1, "auto"),
        ("optimizer.learning_rate=1", "optimizer.learning_rate", 0.002, 1.0),
        ("output.dir=x", "output.dir", "runs/fables-lstm", "x"),
        ("data.path=[a, b]", "data.path", "data/fables.txt", ["a", "b"]),
        ("train.seed=2", "train.seed", 1, 2),
        ("train.dtype=float64", "train.dtype", "float32", "float64"),
        ("model.cell=gru", "model.cell.name", "lstm", "gru"),
        ("model.cell.forget_bias=2", "model.cell.forget_bias", 1.0, 2.0),
        ("optimizer.beta1=0.5", "optimizer.beta1", 0.9, 0.5),
        ("schedule=cosine", "schedule.name", "constant", "cosine"),
    ],
)
def test_a_change_is_allowed_or_refused(override: str, key: str, old: Any, new: Any):
    base = parse_config("train: {max_steps: 1}", "f")
    allowed, refused = resume_changes(base, parse_config("train: {max_steps: 1}", "f", [override]))
    changes = [(key, old, new)]
    assert (allowed, refused) == ((changes, []) if key in MAY_CHANGE else ([], changes))


def test_an_equal_config_changes_nothing():
    assert resume_changes(Config(), Config()) == ([], [])


def test_another_optimizer_is_one_refusal_and_its_learning_rate_another_matter():
    allowed, refused = resume_changes(Config(), parse_config("optimizer: sgd", "f"))
    assert refused == [("optimizer.name", "adam", "sgd")]
    assert allowed == [("optimizer.learning_rate", 0.002, 1.0)]


# --- JSON Schema ---------------------------------------------------------------------------------

JSON_TYPES = {
    "null": lambda x: x is None,
    "boolean": lambda x: isinstance(x, bool),
    "integer": lambda x: is_number(x) and float(x).is_integer(),
    "number": lambda x: is_number(x),
    "string": lambda x: isinstance(x, str),
    "array": lambda x: isinstance(x, list),
    "object": lambda x: isinstance(x, dict),
}


def is_number(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool)


def same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and a == b


def properties_hold(schemas: dict[str, Any], x: Any) -> bool:
    return not isinstance(x, dict) or all(
        valid(schemas[k], v) for k, v in x.items() if k in schemas
    )


# What each keyword asks of a value; a keyword that is not here fails the test that meets it.
KEYWORDS = {
    "$schema": lambda arg, x, _: True,
    "title": lambda arg, x, _: True,
    "description": lambda arg, x, _: True,
    "default": lambda arg, x, _: True,
    "type": lambda arg, x, _: any(
        JSON_TYPES[t](x) for t in ([arg] if isinstance(arg, str) else arg)
    ),
    "enum": lambda arg, x, _: any(same(one, x) for one in arg),
    "const": lambda arg, x, _: same(arg, x),
    "minimum": lambda arg, x, _: not is_number(x) or x >= arg,
    "maximum": lambda arg, x, _: not is_number(x) or x <= arg,
    "exclusiveMinimum": lambda arg, x, _: not is_number(x) or x > arg,
    "exclusiveMaximum": lambda arg, x, _: not is_number(x) or x < arg,
    "minLength": lambda arg, x, _: not isinstance(x, str) or len(x) >= arg,
    "maxLength": lambda arg, x, _: not isinstance(x, str) or len(x) <= arg,
    "minItems": lambda arg, x, _: not isinstance(x, list) or len(x) >= arg,
    "maxItems": lambda arg, x, _: not isinstance(x, list) or len(x) <= arg,
    "items": lambda arg, x, _: not isinstance(x, list) or all(valid(arg, item) for item in x),
    "anyOf": lambda arg, x, _: any(valid(one, x) for one in arg),
    "oneOf": lambda arg, x, _: sum(valid(one, x) for one in arg) == 1,
    "properties": lambda arg, x, _: properties_hold(arg, x),
    "required": lambda arg, x, _: not isinstance(x, dict) or set(arg) <= set(x),
    "additionalProperties": lambda arg, x, schema: (
        not isinstance(x, dict) or arg or set(x) <= set(schema["properties"])
    ),
}


def valid(schema: dict[str, Any], x: Any) -> bool:
    """Whether `x` is valid under the part of JSON Schema that we use."""
    return all(KEYWORDS[word](arg, x, schema) for word, arg in schema.items())


def at(dotted: str, value: Any) -> dict[str, Any]:
    """The config in which only `dotted` is written."""
    for name in reversed(dotted.split(".")):
        value = {name: value}
    return value


SAMPLES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 0.5, 1.0, -0.5, 2.5, 1000.0, "", "x", "auto", "char", "NFC"),
    *("float64", "all", "gru", "adam", "sgd", "cosine", "normal", "tanh", "before", "utf-8"),
    *([], ["a"], [""], [1], [0.5, 0.5, 0], [0.8, 0.1, 0.1], [1, 2, 3], [1, 1], {}, {"x": 1}),
    *({"name": "adam"}, {"name": "gru"}, {"name": "x"}, {"name": None}, {"learning_rate": 1}),
    *({"name": "sgd", "beta1": 0.5}, {"beta1": 0.5}, {"seed": 3}, {"forget_bias": 1}),
]


@pytest.mark.parametrize("dotted", [*DOTTED, "x", "train.x", "optimizer.name", "model.cell.name"])
def test_the_schema_and_the_reader_agree(dotted: str):
    schema = json_schema()
    for sample in SAMPLES:
        if dotted == "data.encoding" and sample not in ("", "utf-8", None, 1):
            continue  # only Python knows its encodings
        data = at(dotted, sample)
        reader = Reader(Config)
        reader.section(Config, tree_of(data))
        assert valid(schema, data) == (not reader.problems), (data, reader.problems)


def test_the_schema_is_json_and_describes_every_key():
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert valid(schema, Config().to_dict())
    assert schema["properties"]["train"]["properties"]["seed"] == {
        "description": "random seed of the run",
        "default": 1,
        "type": "integer",
        "minimum": 0,
    }
    assert schema["properties"]["train"]["additionalProperties"] is False


# --- what people read ----------------------------------------------------------------------------


def test_the_starter_is_the_defaults_on_another_text():
    text = starter_config("texts/My Novel.txt")
    config = parse_config(text, "starter")
    expected = Config().to_dict()
    expected["data"]["path"] = "texts/My Novel.txt"
    expected["output"]["dir"] = "runs/My-Novel-lstm"
    assert config.to_dict() == expected
    assert max(map(len, text.splitlines())) <= 100


LSTM = ("forget_bias", "peephole", "layer_norm")


def test_the_starter_has_a_comment_above_every_key():
    lines = starter_config("a.txt").splitlines()
    written = [line.strip().partition(":")[0] for line in lines if line and "#" not in line]
    assert set(written) - {"name"} == {
        dotted.rpartition(".")[2]
        for dotted in DOTTED
        if not is_option(dotted) or DOTTED[dotted].name in (*LSTM, *ADAM)
    }
    for above_it, line in pairwise(lines):
        if line and not line.lstrip().startswith(("#", "name:")):
            assert above_it.lstrip().startswith("# "), line
    assert "  # Random seed of the run. An integer of at least 0." in lines


@given(st.text(min_size=1))
def test_a_starter_for_any_path_is_a_config_or_names_the_path(path: str):
    try:
        config = parse_config(starter_config(path), "starter")
    except ConfigError as error:
        (line,) = error.problems
        assert "data.path" in line
    else:
        assert config.data.path == (path,)


def is_option(dotted: str) -> bool:
    parent: Key | None = DOTTED.get(dotted.rpartition(".")[0])
    return parent is not None and not parent.is_section


def test_a_dump_says_everything_in_the_order_of_the_sections():
    text = dump_config(Config())
    assert [line[:-1] for line in text.splitlines() if not line.startswith(" ")] == [
        *("data", "model", "optimizer", "schedule", "train", "output")
    ]
    assert "  split: [0.9, 0.05, 0.05]\n" in text
    assert "  normalize: null\n" in text
