"""The header of a checkpoint: JSON from anybody, in which every value is what it can be.

    format           1
    config           every key of the run's config but those of output
    vocabulary       what `Vocabulary.to_json` gives
    corpus_sha256    of the bytes of the text
    step, ...        the counters of `TrainState`
    arrays           name: {shape, dtype, sha256} of every array, in their order

A config and a vocabulary are checked by those who make them; here it is seen to that this will not
take long.
"""

import json
import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from charrnn.errors import CheckpointError
from charrnn.nn.arrays import DTYPES
from charrnn.terminal import shortened

FORMAT = 1
MOST_BYTES = 12 * 2**20  # a vocabulary of all of Unicode takes ten
MOST_PARTS = 2**17  # lists and mappings; the description of an array is two
MOST_KEYS = 1000  # of a config; there are about a hundred
LARGEST = 2**53  # up to here a float counts without a gap
SHA256 = re.compile("[0-9a-f]{64}")
DESCRIBED = {"shape", "dtype", "sha256"}


def dump_header(header: Mapping[str, Any], arrays: Mapping[str, Any]) -> bytes:
    """The header of `arrays`, each of which comes as its description."""
    return json.dumps({"format": FORMAT, **header, "arrays": arrays}, allow_nan=False).encode()


def parse_header(raw: bytes) -> dict[str, Any]:
    """What `dump_header` wrote. Raises CheckpointError that says which value cannot be."""
    if raw.count(b"[") + raw.count(b"{") > MOST_PARTS:  # each would take the memory of twenty bytes
        raise CheckpointError("its header is not that of a checkpoint")
    try:
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=_distinct)
        if not isinstance(header, dict) or "format" not in header:
            raise CheckpointError("its header is not that of a checkpoint")
        _check_format(header["format"])
        header = LATER | header
        _check_values(header)
    except RecursionError:
        raise CheckpointError("its header is nested too deeply") from None
    except ValueError as error:
        raise CheckpointError(f"its header cannot be read ({error})") from None
    return header


def _check_values(header: dict[str, Any]) -> None:
    if wrong := header.keys() ^ {"format", *RULES}:
        name = sorted(wrong)[0]
        has = "has a value too many" if name in header else "lacks a value"
        raise CheckpointError(f"its header {has}, {shortened(name)!r}")
    for name, (holds, expected) in RULES.items():
        if not holds(header[name]):
            raise CheckpointError(f"its {name} is {_told(header[name])}; expected {expected}")
    if max(header["evaluated_step"], header["best_step"]) > header["step"]:
        raise CheckpointError("its evaluated_step or best_step is after its step")


def _check_format(found: Any) -> None:
    if is_count(found) and found > FORMAT:
        raise CheckpointError(
            f"its format is {found}, and this charrnn reads up to {FORMAT}; use a newer charrnn"
        )
    if not is_count(found) or found != FORMAT:
        raise CheckpointError(f"its format is {_told(found)}; expected {FORMAT}")


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
    """Of an array: two numbers suffice for the shape of any."""
    return (
        isinstance(x, dict)
        and x.keys() == DESCRIBED
        and isinstance(x["shape"], list)
        and len(x["shape"]) <= 2
        and all(map(is_count, x["shape"]))
        and isinstance(x["dtype"], str)
        and x["dtype"] in DTYPES
        and is_digest(x["sha256"])
    )


LATER = dict.fromkeys(("clipped", "skips", "rollbacks"), 0)  # not in the first files of format 1
A_COUNT = (is_count, "a whole number from 0 to 2**53")
RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "config": (is_config, f"a mapping with at most {MOST_KEYS} keys"),
    "vocabulary": (is_vocabulary, "a mapping"),
    "corpus_sha256": (is_digest, "64 hexadecimal digits"),
    "step": A_COUNT,
    "evaluated_step": A_COUNT,
    "best_loss": (is_loss, "null or a finite number"),
    "best_step": A_COUNT,
    "stale": A_COUNT,
    "falls": A_COUNT,
    **dict.fromkeys(LATER, A_COUNT),
    "arrays": (
        is_listing,
        "for each array its shape, its dtype, float32 or float64, and its sha256",
    ),
}


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _keys(value: Any) -> int:
    """How many keys a value has, at any depth."""
    if isinstance(value, dict):
        return len(value) + sum(map(_keys, value.values()))
    return sum(map(_keys, value)) if isinstance(value, list) else 0


def _told(value: Any) -> str:
    """A value as a message names it."""
    match value:
        case dict():
            return f"a mapping of {len(value):,} keys"
        case list():
            return "a list"
    return shortened(json.dumps(value))
