"""What a person reads when a config is wrong: every problem, its place, and what would be right."""

import pytest

from charrnn.config import parse_config
from charrnn.config.problems import Place, Problem, did_you_mean, lines
from charrnn.errors import ConfigError
from charrnn.optim import OPTIMIZERS
from charrnn.terminal import one_line, shortened


def problems(text: str, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "my.yaml", overrides)
    assert str(caught.value) == "\n".join(caught.value.problems)
    assert caught.value.exit_code == 2
    return caught.value.problems


SIX_FAULTS = """\
data:
  level: chars
model:
  hidden_size: "128"
  dropout: 1.0
train:
  seq_lenght: 64
  batch_size: 0
  learning_rate: 1e-3
"""


def test_a_file_with_six_faults_has_six_lines():
    assert problems(SIX_FAULTS) == [
        "my.yaml:2:10: data.level: found text 'chars'; expected one of char, byte;"
        " did you mean 'char'?",
        "my.yaml:4:16: model.hidden_size: found text '128'; expected an integer of at least 1",
        "my.yaml:5:12: model.dropout: found 1.0; expected a number from 0 up to, but not"
        " including, 1",
        "my.yaml:7:3: train.seq_lenght: unknown key; did you mean 'seq_length'?",
        "my.yaml:8:15: train.batch_size: found 0; expected an integer of at least 1",
        "my.yaml:9:3: train.learning_rate: unknown key; did you mean 'optimizer.learning_rate'?",
    ]


ONE_FAULT = {
    # what stands in the file -> the line after "my.yaml:"
    "train: {seed: true}": "1:15: train.seed: found true; expected an integer of at least 0",
    "train: {seed: 1.5}": "1:15: train.seed: found 1.5; expected an integer of at least 0",
    "train: {seed: 1_000}": "1:15: train.seed: found text '1_000'; expected an integer of at"
    " least 0",
    "train: {seed: 0x10}": "1:15: train.seed: found text '0x10'; expected an integer of at least 0",
    "train: {seed: 1e30}": "1:15: train.seed: found 1e30; expected an integer below 2**63",
    "train: {seed: 9223372036854775808}": "1:15: train.seed: found 9223372036854775808; expected an"
    " integer below 2**63",
    "train: {seed: null}": "1:15: train.seed: found null; expected an integer of at least 0",
    "train: {seed: 010}": "1:15: train.seed: found 010; write 10 for the number, '010' for text",
    "train: {seed: -007}": "1:15: train.seed: found -007; write -7 for the number, '-007' for text",
    "train: {seed: [1]}": "1:15: train.seed: found a list; expected an integer of at least 0",
    "train: {seed: {a: 1}}": "1:15: train.seed: found a mapping; expected an integer of at least 0",
    "train: {stride: 0}": "1:17: train.stride: found 0; expected an integer of at least 1 or null",
    "train: {workers: all}": "1:18: train.workers: found text 'all'; expected an integer of at"
    " least 1 or auto",
    "train: {max_steps: 0}": "1:20: train.max_steps: found 0; expected an integer greater than 0"
    " or null",
    "train: {clip_norm: .inf}": "1:20: train.clip_norm: found .inf; expected a number that is"
    " finite",
    "train: {clip_norm: .nan}": "1:20: train.clip_norm: found .nan; expected a number that is"
    " finite",
    "train: {clip_norm: 1e999}": "1:20: train.clip_norm: found 1e999; expected a number that is"
    " finite",
    "data: {lowercase: no}": "1:19: data.lowercase: found text 'no'; expected true or false",
    "data: {normalize: nfc}": "1:19: data.normalize: found text 'nfc'; expected one of NFC, NFKC"
    " or null; did you mean 'NFC'?",
    "data: {encoding: utf-9}": "1:18: data.encoding: found text 'utf-9'; expected text that names"
    " an encoding, such as utf-8",
    "data: {encoding: rot13}": "1:18: data.encoding: found text 'rot13'; expected text that names"
    " an encoding, such as utf-8",
    "data: {path: []}": "1:14: data.path: found a list; expected a path or a list of paths with"
    " none of them empty",
    "data: {path: [a, 1]}": "1:14: data.path: found a list; expected a path or a list of paths"
    " with none of them empty",
    'data: {path: "a\\0b"}': "1:14: data.path: found text 'a\\x00b'; expected a path or a list of"
    " paths without control characters",
    "data: {split: [0.9, 0.2, 0]}": "1:15: data.split: found a list; expected three numbers of at"
    " least 0 that sum to 1, the first of them above 0",
    "data: {split: [0, 0.5, 0.5]}": "1:15: data.split: found a list; expected three numbers of at"
    " least 0 that sum to 1, the first of them above 0",
    "data: {split: [0.9, 0.05, 0.05001]}": "1:15: data.split: found a list; expected three"
    " numbers of at least 0 that sum to 1, the first of them above 0",
    "output: {dir: ''}": "1:15: output.dir: found text ''; expected text that is not empty",
    "output: {dir: 2024}": "1:15: output.dir: found 2024; expected text that is not empty",
    'output: {dir: "\\ud800"}': "1:15: output.dir: found text '\\ud800'; expected text without"
    " control characters",
    "output: {nothing: 1}": "1:10: output.nothing: unknown key; known here: dir,"
    " checkpoint_every, keep, sample_every, tensorboard",
    "model: {init: {std: 1}}": "1:16: model.init.std: unknown key; known here: none",
    "hidden_size: 5": "1:1: hidden_size: unknown key; did you mean 'model.hidden_size'?",
    "model: 5": "1:8: model: found 5; expected a mapping with keys",
    "[1, 2]": "1:1: found a list; expected a mapping with keys",
    "words": "1:1: found text 'words'; expected a mapping with keys",
    "optimizer: {name: sgd, beta1: 0.9}": "1:24: optimizer.beta1: unknown key; known here:"
    " learning_rate",
    "optimizer: adma": f"1:12: optimizer: found text 'adma'; expected one of"
    f" {', '.join(OPTIMIZERS)}; did you mean 'adam'?",
    "optimizer: {name: adma}": f"1:19: optimizer.name: found text 'adma'; expected one of"
    f" {', '.join(OPTIMIZERS)}; did you mean 'adam'?",
    "optimizer: [adam]": f"1:12: optimizer: found a list; expected one of {', '.join(OPTIMIZERS)}",
    "optimizer: {name: [adam]}": f"1:19: optimizer.name: found a list; expected one of"
    f" {', '.join(OPTIMIZERS)}",
    "optimizer: {learning_rate: 0}": "1:28: optimizer.learning_rate: found 0; expected a number"
    " greater than 0",
    # between keys
    "model: {tie_weights: true}": "1:22: model.tie_weights: found true; tied weights need"
    " model.embedding_size (0) to equal model.hidden_size (128)",
    "train: {stride: 51}": "1:17: train.stride: found 51; expected at most train.seq_length (50)",
    "schedule: cosine\ntrain: {max_epochs: null}": "1:11: schedule.name: found cosine, which"
    " depends on the length of the run; set train.max_epochs, train.max_steps or train.max_minutes",
    "schedule: {name: exponential}\ntrain: {max_epochs: null}": "1:18: schedule.name: found"
    " exponential, which depends on the length of the run; set train.max_epochs,"
    " train.max_steps or train.max_minutes",
    # not what a config is made of
    "train: {seed: 1, seed: 2}": "1:18: train.seed: duplicate key; already given on line 1",
    "train: {seed: &s 1}": "1:15: train.seed: an anchor (&s) is not allowed in a config",
    "train: {seed: *s}": "1:15: train.seed: an alias (*s); write the value out",
    "train: {seed: !!int 1}": "1:15: train.seed: a tag (tag:yaml.org,2002:int) is not allowed in a"
    " config",
    "train: {seed: ! 1}": "1:15: train.seed: a tag (!) is not allowed in a config",
    "data: {path: [a, *b]}": "1:18: data.path[1]: an alias (*b); write the value out",
    "train: {<<: {seed: 1}}": "1:9: train: a merge key (<<); write the keys out",
    "output: {'<<': 1}": "1:10: output.<<: unknown key; known here: dir, checkpoint_every, keep,"
    " sample_every, tensorboard",
    "train: {5: 1}": "1:9: train: found 5 as a key; expected a name",
    "train: {true: 1}": "1:9: train: found true as a key; expected a name",
    "train: {~: 1}": "1:9: train: found null as a key; expected a name",
    "? [a, b]\n: 1": "1:3: found a list as a key; expected a name",
    "{}\n---\n{}": "2:1: a second document; a config has only one",
    "a:\n\tb: 1": "2:1: not YAML: a tab; YAML is indented with spaces",
    "data:\n  path: \0": "2:9: not YAML: the character U+0000",
    "a: 1: 2": "1:5: not YAML: mapping values are not allowed here",
    "train: [": "1:9: not YAML: expected the node content, but found '<stream end>', while parsing"
    " a flow node of line 1",
    '"\\UFFFFFFFF"': "1:1: not YAML: a number out of range",
    "[" * 500: f"1:22: {'[0]' * 19}...: nested more than 20 levels deep",
}


@pytest.mark.parametrize("text", ONE_FAULT)
def test_one_fault_is_one_line(text: str):
    assert problems(text) == [f"my.yaml:{ONE_FAULT[text]}"]


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("train.seq_lenght=5", "train.seq_lenght: unknown key; did you mean 'seq_length'?"),
        ("trian.seed=5", "trian: unknown key; did you mean 'train'?"),
        ("train.seed=x", "train.seed: found text 'x'; expected an integer of at least 0"),
        ("train.seed=010", "train.seed: found 010; write 10 for the number, '010' for text"),
        (
            "train.seed.x=5",
            "train.seed: found a mapping; expected an integer of at least 0",
        ),
        ("train.seed=&a 5", "train.seed: an anchor (&a) is not allowed in a config"),
        ("output={keep: 1, keep: 2}", "output: duplicate key; already given before"),
        ("train.stride=99", "train.stride: found 99; expected at most train.seq_length (50)"),
        ("train.seed", "expected KEY=VALUE, for example train.seed=2"),
        ("=5", "expected KEY=VALUE, for example train.seed=2"),
        ("train..seed=5", "expected KEY=VALUE, for example train.seed=2"),
    ],
)
def test_an_override_is_its_own_place(override: str, line: str):
    assert problems("", override) == [f"override {override}: {line}"]


def test_a_conflict_is_not_told_where_one_of_its_keys_is_faulty_by_itself():
    assert problems("train: {stride: 51, seq_length: x}") == [
        "my.yaml:1:33: train.seq_length: found text 'x'; expected an integer of at least 1"
    ]


def test_reading_goes_on_after_a_refused_reference():
    assert problems("a: &x 1\nb: *x\ntrain: {seed: -1}") == [
        "my.yaml:1:1: a: unknown key; known here: data, model, optimizer, schedule, train, output",
        "my.yaml:1:4: a: an anchor (&x) is not allowed in a config",
        "my.yaml:2:4: b: an alias (*x); write the value out",
        "my.yaml:3:15: train.seed: found -1; expected an integer of at least 0",
    ]


def test_problems_stand_in_reading_order_and_overrides_after_the_file():
    first = Problem(Place("f", 1, 9), "b", "x")
    second = Problem(Place("f", 2, 3), "a", "x")
    option = Problem(Place("override a=1"), "a", "x")
    assert lines([option, second, first]) == ["f:1:9: b: x", "f:2:3: a: x", "override a=1: a: x"]


def test_a_problem_is_one_line_that_a_terminal_does_not_obey():
    told = str(Problem(Place("f\x1b[2J", 1, 1), "a\nb", "found \u202e"))
    assert told == "f\\x1b[2J:1:1: a\\nb: found \\u202e"
    assert one_line("Grüße, 漢字") == "Grüße, 漢字"


def test_long_values_and_keys_are_shortened():
    assert shortened("x" * 60) == "x" * 60
    assert shortened("x" * 61) == "x" * 57 + "..."
    assert all(
        len(line) < 250 for line in problems(f"{'k' * 500}: 1\noutput: {{keep: {'v' * 999}}}")
    )


def test_a_suggestion_is_made_only_for_something_alike():
    assert did_you_mean("ADAM", ["sgd", "adam"]) == "did you mean 'adam'?"
    assert did_you_mean("zebra", ["sgd", "adam"]) == ""
