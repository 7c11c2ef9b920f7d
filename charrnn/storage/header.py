"""The header of a checkpoint: untrusted JSON, in which every value is checked.

    format           1
    config           all keys of the run's config except the section `output`
    vocabulary       the result of `Vocabulary.to_json`
    corpus_sha256    SHA-256 of the bytes of the text
    step, ...        the numbers of a training state, each checked by its `Counter`
    arrays           name: {shape, dtype, sha256} of every array, in the order of the file

The modules that build a config and a vocabulary check them; this module only limits their size, so
that those checks cannot take long.
"""

import json
import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, NamedTuple

from charrnn.errors import CheckpointError
from charrnn.nn.arrays import DTYPES
from charrnn.terminal import shortened

FORMAT = 1
MOST_BYTES = 12 * 2**20  # a vocabulary of all of Unicode takes ten million
MOST_CONTAINERS = 2**17  # lists and mappings; each array has two of them
MOST_KEYS = 1000  # of a config, which has about a hundred
LARGEST = 2**53  # up to here every integer is a float64
SHA256 = re.compile("[0-9a-f]{64}")
KEYS_OF_ARRAY = {"shape", "dtype", "sha256"}


class Check(NamedTuple):
    """The condition on a value of the header, and its wording in a message."""

    holds: Callable[[Any], bool]
    expected: str


class Counter(NamedTuple):
    """The rule for a number of the training state in the header of a checkpoint."""

    check: Check
    at_most: str | None = None  # name of the counter that this one never exceeds
    absent: int | None = None  # value in files of the first versions, which lack this counter


def dump_header(header: Mapping[str, Any], arrays: Mapping[str, Any]) -> bytes:
    """The bytes of a header with the description of every array."""
    return json.dumps({"format": FORMAT, **header, "arrays": arrays}, allow_nan=False).encode()


def parse_header(raw: bytes, counters: Mapping[str, Counter]) -> dict[str, Any]:
    """The header from its bytes. Raises CheckpointError, which names the wrong value."""
    if raw.count(b"[") + raw.count(b"{") > MOST_CONTAINERS:  # each takes about 20x its bytes
        raise CheckpointError("its header is not the header of a checkpoint")
    try:
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=_distinct)
        if not isinstance(header, dict) or "format" not in header:
            raise CheckpointError("its header is not the header of a checkpoint")
        _check_format(header["format"])
        absent = {name: c.absent for name, c in counters.items() if c.absent is not None}
        header = absent | header
        _check_values(header, counters)
    except RecursionError:
        raise CheckpointError("its header is nested too deeply") from None
    except ValueError as error:
        raise CheckpointError(f"its header cannot be read ({error})") from None
    return header


def _check_values(header: dict[str, Any], counters: Mapping[str, Counter]) -> None:
    checks = {**CHECKS, **{name: counter.check for name, counter in counters.items()}}
    if wrong := header.keys() ^ {"format", *checks}:
        name = sorted(wrong)[0]
        has = "has an unexpected value" if name in header else "lacks a value"
        raise CheckpointError(f"its header {has}, {shortened(name)!r}")
    for name, (holds, expected) in checks.items():
        if not holds(header[name]):
            raise CheckpointError(f"its {name} is {_in_words(header[name])}; expected {expected}")
    for name, counter in counters.items():
        if counter.at_most is not None and header[name] > header[counter.at_most]:
            raise CheckpointError(f"its {name} is after its {counter.at_most}")


def _check_format(version: Any) -> None:
    if is_count(version) and version > FORMAT:
        raise CheckpointError(
            f"its format is {version}, and this charrnn reads up to {FORMAT}; use a newer charrnn"
        )
    if not is_count(version) or version != FORMAT:
        raise CheckpointError(f"its format is {_in_words(version)}; expected {FORMAT}")


def is_count(x: Any) -> bool:
    return type(x) is int and 0 <= x < LARGEST


def is_loss(x: Any) -> bool:
    return x is None or (type(x) is float and isfinite(x))


def is_digest(x: Any) -> bool:
    return isinstance(x, str) and SHA256.fullmatch(x) is not None


def is_config(x: Any) -> bool:
    return isinstance(x, dict) and _keys(x) <= MOST_KEYS


def is_vocabulary(x: Any) -> bool:
    return isinstance(x, dict)


def is_listing(x: Any) -> bool:
    return isinstance(x, dict) and all(map(is_description, x.values()))


def is_description(x: Any) -> bool:
    """True for the description of an array, which never has more than two dimensions here."""
    return (
        isinstance(x, dict)
        and x.keys() == KEYS_OF_ARRAY
        and isinstance(x["shape"], list)
        and len(x["shape"]) <= 2
        and all(map(is_count, x["shape"]))
        and isinstance(x["dtype"], str)
        and x["dtype"] in DTYPES
        and is_digest(x["sha256"])
    )


COUNT = Check(is_count, "a whole number from 0 to 2**53")
LOSS = Check(is_loss, "null or a finite number")
CHECKS = {
    "config": Check(is_config, f"a mapping with at most {MOST_KEYS} keys"),
    "vocabulary": Check(is_vocabulary, "a mapping"),
    "corpus_sha256": Check(is_digest, "64 hexadecimal digits"),
    "arrays": Check(is_listing, "the shape, dtype (float32 or float64) and sha256 of each array"),
}


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise ValueError("a key appears twice")
    return mapping


def _keys(value: Any) -> int:
    """The number of keys in a value, at any depth."""
    if isinstance(value, dict):
        return len(value) + sum(map(_keys, value.values()))
    return sum(map(_keys, value)) if isinstance(value, list) else 0


def _in_words(value: Any) -> str:
    """A short form of a value for a message."""
    match value:
        case dict():
            return f"a mapping of {len(value):,} keys"
        case list():
            return "a list"
    return shortened(json.dumps(value))
